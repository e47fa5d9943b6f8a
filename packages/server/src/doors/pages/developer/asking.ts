import { answerPage, leadTo } from '../base/answer.ts'
import { formProblem } from '../base/problems-of.ts'
import { clientIdOf, type Fields, type OwnVisit } from '../base/visit.ts'
import { clientPage } from './client.tsx'

/** Submits an app for verification. */
export async function submitClient(visit: OwnVisit, fields: Fields): Promise<Response> {
  const clientId = clientIdOf(visit)
  const reason = fields.optional('reason')
  const submit = () => visit.call.oauth.submitClient({ clientId, reason })
  return asked(visit, submit, 'submitted')
}

/** Applies for scopes. */
export async function applyForScopes(visit: OwnVisit, fields: Fields): Promise<Response> {
  const clientId = clientIdOf(visit)
  const input = { clientId, scopes: fields.list('scopes'), reason: fields.text('reason') }
  return asked(visit, () => visit.call.oauth.applyForScopes(input), 'applied')
}

async function asked(
  visit: OwnVisit,
  ask: () => Promise<unknown>,
  done: string,
): Promise<Response> {
  const clientId = clientIdOf(visit)
  try {
    await ask()
    return leadTo(visit.href(`/developer/apps/${clientId}?done=${done}`))
  } catch (thrown) {
    const error = formProblem(thrown)
    const client = await visit.call.oauth.getClient({ clientId })
    return answerPage(await clientPage(visit, { client, error }), { status: error.httpStatus })
  }
}
