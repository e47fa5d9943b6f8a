import type { Finding } from '../doctor/check.ts'
import { examine, type CheckResult, type Examination } from '../doctor/examine.ts'
import type { CommandOptions } from './options.ts'

/** `tidings-server doctor`. */
export async function runDoctor({ databaseUrl, json, write }: CommandOptions): Promise<number> {
  const begun = performance.now()
  const tell = json ? () => undefined : (result: CheckResult) => write(lineOf(result))
  const examination = await examine(databaseUrl, tell)
  const seconds = Math.round((performance.now() - begun) / 100) / 10
  write(json ? `${JSON.stringify({ ...examination, seconds })}\n` : summaryOf(examination, seconds))
  return examination.healthy ? 0 : 1
}

function lineOf(result: CheckResult): string {
  const { name, promise, rules, found, failure, examples } = result
  if (failure !== undefined) return `FAILED ${name}: could not be looked at: ${failure}\n`
  if (found === 0) return `ok     ${name}: ${promise}\n`
  const more = found > examples.length ? [`       and ${found - examples.length} more\n`] : []
  return [
    `BROKEN ${name}: it must hold that ${promise} (${rules.join(', ')}); it does not at ${places(found)}:\n`,
    ...examples.map((example) => `       ${describe(example)}\n`),
    ...more,
  ].join('')
}

function places(found: number): string {
  return found === 1 ? 'one place' : `${found} places`
}

function describe(finding: Finding): string {
  return Object.entries(finding)
    .map(([name, value]) => `${name}=${value ?? 'none'}`)
    .join(' ')
}

function summaryOf({ engine, counts, checks, healthy }: Examination, seconds: number): string {
  const amounts = Object.entries(counts).map(([name, count]) => `${count} ${name}`)
  const bad = checks.filter(({ found, failure }) => found > 0 || failure !== undefined)
  const outcome = healthy
    ? `All ${checks.length} checks hold.`
    : `${bad.length} of ${checks.length} checks do not hold: ${bad.map(({ name }) => name).join(', ')}.\nNothing was changed. See docs/operations.md.`
  return `\n${engine}: ${amounts.join(', ')}; ${seconds} s\n${outcome}\n`
}
