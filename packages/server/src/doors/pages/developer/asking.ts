import { answerPage, leadTo } from '../base/answer.ts'
import { formProblem } from '../base/problems-of.ts'
import { clientIdOf, type Fields, type OwnVisit } from '../base/visit.ts'
import { clientPage } from './client.tsx'

/** Submits an app for verification. */
export async function submitClient(visit: OwnVisit, fields: Fields): Promise<Response> {
  const clientId = clientIdOf(visit)
  const reason = fields.optional('reason')
  const ask = () => visit.call.oauth.submitClient({ clientId, reason })
  return asked(visit, fields, { ask, done: 'submitted' })
}

/** Applies for scopes. */
export async function applyForScopes(visit: OwnVisit, fields: Fields): Promise<Response> {
  const clientId = clientIdOf(visit)
  const input = { clientId, scopes: fields.list('scopes'), reason: fields.text('reason') }
  const ask = () => visit.call.oauth.applyForScopes(input)
  return asked(visit, fields, { ask, done: 'applied' })
}

interface Asking {
  readonly ask: () => Promise<unknown>
  readonly done: string
}

async function asked(visit: OwnVisit, fields: Fields, { ask, done }: Asking): Promise<Response> {
  const clientId = clientIdOf(visit)
  try {
    await ask()
    return leadTo(visit.href(`/developer/apps/${clientId}?done=${done}`))
  } catch (thrown) {
    const error = formProblem(thrown)
    const client = await visit.call.oauth.getClient({ clientId })
    const page = await clientPage(visit, { client, asked: fields, error })
    return answerPage(page, { error })
  }
}
