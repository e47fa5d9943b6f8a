import superjson, { type SuperJSONResult } from 'superjson'
import { isRecord } from '../record.ts'
import { inputProblem } from './input-problem.ts'

const MAX_PATHS = 100

/** Stock clients write `undefined` for an absent field or input; a Date is what schemas may one day take. */
const ALLOWED_TYPES: ReadonlySet<unknown> = new Set(['undefined', 'Date'])

const FORBIDDEN_SEGMENT = /(?:^|[.\\])(?:__proto__|constructor|prototype)(?:$|[.\\])/

/**
 * superjson, narrowed on what comes in: plain JSON within the limits, with `undefined` and Date, and nothing else. Stock
 * superjson builds regular expressions, numbers of a million digits, forged errors and cyclic graphs at a client's word.
 * A refused input becomes a symbol, which no schema takes: throwing here would fail its neighbours of the same batch.
 * Answers are plain JSON by their schemas, so that they need no `meta`.
 */
export const transformer = {
  input: {
    serialize: (value: unknown): unknown => superjson.serialize(value),
    deserialize: readInput,
  },
  output: {
    serialize: (value: unknown): unknown => ({ json: value }),
    deserialize: (sent: unknown): unknown => (isPayload(sent) ? superjson.deserialize(sent) : sent),
  },
}

function readInput(sent: unknown): unknown {
  // A call without input.
  if (sent === undefined) return undefined
  if (!isPayload(sent)) return Symbol('the input must be wrapped as {"json": …}')
  const problem = inputProblem(sent.json) ?? metaProblem(sent.meta)
  if (problem !== undefined) return Symbol(problem)
  if (sent.meta?.values === undefined) return sent.json
  try {
    // The equalities are left out: `json` holds a copy at every place, and only cycles need them.
    const meta = { values: sent.meta.values, v: sent.meta.v ?? 0 }
    return superjson.deserialize({ json: sent.json, meta }, { inPlace: true })
  } catch {
    return Symbol('the superjson meta does not fit the json')
  }
}

function isPayload(sent: unknown): sent is SuperJSONResult {
  return isRecord(sent) && 'json' in sent
}

function metaProblem(meta: unknown): string | undefined {
  if (meta === undefined || meta === null) return undefined
  if (!isRecord(meta)) return 'the superjson meta is not an object'
  return valuesProblem(meta['values']) ?? equalitiesProblem(meta['referentialEqualities'])
}

/** A tree of `[type]`, `[type, {path: tree}]` or, at the root only, `{path: tree}`. */
function valuesProblem(tree: unknown): string | undefined {
  const waiting: unknown[] = tree === undefined ? [] : [tree]
  for (let count = 0; waiting.length > 0; count += 1) {
    if (count > MAX_PATHS) return `more than ${MAX_PATHS} superjson paths`
    const node = waiting.pop()
    const children: unknown = Array.isArray(node) ? node[1] : node
    if (Array.isArray(node) && !ALLOWED_TYPES.has(node[0])) return 'only JSON and Date are taken'
    if (children === undefined) continue
    if (!isRecord(children)) return 'the superjson meta is not valid'
    if (Object.keys(children).some((path) => FORBIDDEN_SEGMENT.test(path)))
      return 'a path of this name is not allowed'
    waiting.push(...Object.values(children))
  }
  return undefined
}

/** Equal objects at several places are harmless copies; one that holds itself is a cycle. */
function equalitiesProblem(equalities: unknown): string | undefined {
  if (equalities === undefined) return undefined
  // The array form names the root: whatever equals the root lies inside it.
  if (!isRecord(equalities)) return 'cycles are not taken'
  let count = 0
  for (const [path, same] of Object.entries(equalities)) {
    if (!Array.isArray(same)) return 'the superjson meta is not valid'
    count += same.length
    if (count > MAX_PATHS) return `more than ${MAX_PATHS} superjson paths`
    if (same.some((other) => String(other).startsWith(`${path}.`))) return 'cycles are not taken'
  }
  return undefined
}
