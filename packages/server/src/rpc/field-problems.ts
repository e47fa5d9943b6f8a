import type { FieldProblem } from '@tidings/protocol/wire'
import { ZodError, type core } from 'zod'

const MAX_FIELDS = 20
const MAX_TEXT = 200

/** A problem with its place in the whole input. */
interface Problem {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** What is wrong with an input, field by field; undefined when the schema library did not say. */
export function fieldProblems(cause: unknown): readonly FieldProblem[] | undefined {
  if (!(cause instanceof ZodError)) return undefined
  const problems = cause.issues.flatMap((issue) => problemsOf(issue, []))
  return problems.slice(0, MAX_FIELDS).map(({ path, message }) => ({
    path: path.map(String).join('.').slice(0, MAX_TEXT),
    message: message.slice(0, MAX_TEXT),
  }))
}

/** A choice fails with a list of problems for each of its branches: those of the branch that was meant are told. */
function problemsOf(issue: core.$ZodIssue, above: readonly PropertyKey[]): readonly Problem[] {
  const path = [...above, ...issue.path]
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) {
    return [{ path, message: issue.message }]
  }
  const nearest = Math.min(...issue.errors.map(distance))
  const meant = issue.errors.filter((branch) => distance(branch) === nearest)
  return meant.flat().flatMap((one) => problemsOf(one, path))
}

/** How far an input is from a branch: another type altogether is further than any number of wrong fields. */
function distance(branch: readonly core.$ZodIssue[]): number {
  const isOtherType = branch.some(({ code, path }) => code === 'invalid_type' && path.length === 0)
  return isOtherType ? Infinity : branch.length
}
