import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { BugName } from './planted/planted.ts'
import type { Setting } from './plan.ts'
import type { RoundSummary } from './round.ts'
import type { StormSummary } from './storm.ts'

/** What came of a hunt for a planted mistake. */
export interface HuntSummary {
  readonly bug: BugName
  readonly rounds: number
  /** Which promises it has broken; nothing when nobody has noticed. */
  readonly broken: readonly string[]
}

/** What came of a round without a mistake, on what mistakes are hunted on. */
export interface ControlSummary {
  readonly name: string
  readonly acknowledged: number
  /** Nothing, or what is noticed in the hunts proves nothing. */
  readonly broken: readonly string[]
}

/** One piece of a long run, as it is kept. */
export type Part =
  | { readonly kind: 'round'; readonly round: RoundSummary }
  | { readonly kind: 'storm'; readonly engine: Setting['engine']; readonly storm: StormSummary }
  | { readonly kind: 'control'; readonly control: ControlSummary }
  | { readonly kind: 'hunt'; readonly hunt: HuntSummary }

/** What of a long run is done. It is kept in a file, a part a line, so that a run that was ended goes on where it was. */
export interface Parts {
  readonly done: readonly Part[]
  add(part: Part): void
}

/** Opens the parts of a seed in a file. @throws Error when the file is another seed's */
export function openParts(file: string, seed: number): Parts {
  if (!existsSync(file)) appendFileSync(file, `${JSON.stringify({ seed })}\n`)
  const [head = '{}', ...lines] = readFileSync(file, 'utf8').trim().split('\n')
  const { seed: known } = JSON.parse(head) as { seed?: number }
  if (known !== seed) throw new Error(`${file} is of seed ${String(known)}`)
  const done = lines.map((line) => JSON.parse(line) as Part)
  return {
    done,
    add(part) {
      done.push(part)
      appendFileSync(file, `${JSON.stringify(part)}\n`)
    },
  }
}
