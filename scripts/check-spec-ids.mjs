// Keeps SPEC.md honest: every rule has a test that carries its id, and every id in a test is a rule or a seed row.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesBelow, packageNames, root } from './files.mjs'

const problems = []
const report = (file, line, what) => problems.push(`${file}:${line}: ${what}`)

function readSpec() {
  const rules = new Map()
  const seeds = new Map()
  const mentions = []
  let area
  readFileSync(join(root, 'SPEC.md'), 'utf8')
    .split('\n')
    .forEach((text, index) => {
      const line = index + 1
      const heading = /^## (?:([A-Z]{2,4}) — )?/.exec(text)
      if (heading) area = heading[1]
      const rule = /^\s*[-*]?\s*(?:\*\*)?\[([A-Z]+)(\d+)\](?:\*\*)?/.exec(text)
      if (rule) {
        const id = rule[1] + rule[2]
        if (rules.has(id)) report('SPEC.md', line, `[${id}] is defined twice`)
        if (rule[1] !== area)
          report('SPEC.md', line, `[${id}] stands outside its section "## ${rule[1]} — …"`)
        rules.set(id, line)
      }
      const seed = /^\|\s*(S\d\.\d+)\s*\|.*\|\s*([a-z]+)\s*\|\s*$/.exec(text)
      if (seed) {
        if (seeds.has(seed[1])) report('SPEC.md', line, `row ${seed[1]} stands twice`)
        if (seed[2] !== 'done' && seed[2] !== 'later')
          report('SPEC.md', line, `row ${seed[1]}: the state is "done" or "later"`)
        seeds.set(seed[1], { line, state: seed[2] })
      }
      for (const [, id] of text.matchAll(/\[([A-Z]{2,4}\d+|S\d\.\d+)\]/g))
        mentions.push({ id, line })
    })
  return { rules, seeds, mentions }
}

/** The ids that the titles of tests begin with: '[MSG4] …', or several: '[MSG4] [S2.7] …'. */
function readTests() {
  const named = new Map()
  for (const name of packageNames()) {
    for (const file of filesBelow(`packages/${name}/test`, ['.ts'])) {
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .forEach((text, index) => {
          if (/\.(skip|todo)\(/.test(text)) return
          for (const [, ids] of text.matchAll(/['"`]((?:\[[A-Z][A-Z0-9.,\s]*\d\]\s*)+)/g)) {
            for (const [, id] of ids.matchAll(/\[([^\]]+)\]/g)) {
              if (/^([A-Z]{2,4}\d+|S\d\.\d+)$/.test(id)) {
                if (!named.has(id)) named.set(id, { file, line: index + 1 })
              } else report(file, index + 1, `[${id}]: write several ids as [MSG4] [S2.7]`)
            }
          }
        })
    }
  }
  return named
}

const { rules, seeds, mentions } = readSpec()
const named = readTests()
for (const [id, line] of rules)
  if (!named.has(id))
    report('SPEC.md', line, `[${id}] has no test: no title in packages/*/test begins with it`)
for (const { id, line } of mentions)
  if (!rules.has(id) && !seeds.has(id))
    report('SPEC.md', line, `[${id}] is mentioned, but is no rule`)
for (const [id, { file, line }] of named)
  if (!rules.has(id) && !seeds.has(id))
    report(file, line, `[${id}] is no rule and no seed row of SPEC.md`)
for (const [id, { line, state }] of seeds)
  if (state === 'done' && !named.has(id))
    report('SPEC.md', line, `row ${id} is "done", but no test carries its id`)

for (const problem of problems) console.error(problem)
const done = [...seeds.values()].filter(({ state }) => state === 'done').length
console.log(
  `${rules.size} rules, ${done} of ${seeds.size} seed rows done, ${named.size} ids in tests`,
)
process.exitCode = problems.length > 0 ? 1 : 0
