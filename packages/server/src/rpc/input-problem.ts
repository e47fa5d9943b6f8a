import { jsonProblem } from '@tidings/protocol/wire'

/** The most that lies around an app's own data, which alone may be as deep as JSON may be: list, call, body. */
const ENVELOPE_DEPTH = 3

/** Why JSON cannot be the input of a call, whatever the call is; undefined when it can. */
export function inputProblem(json: unknown): string | undefined {
  return jsonProblem(json, -ENVELOPE_DEPTH)
}
