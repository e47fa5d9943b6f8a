/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { answerPage, leadTo } from '../base/answer.ts'
import { Form, Page } from '../base/layout.tsx'
import { formProblem } from '../base/problems-of.ts'
import { ProblemPage } from '../base/problem.tsx'
import type { Fields, OwnVisit } from '../base/visit.ts'

/** Where the first administrator's link leads. Looking at it does nothing: a mail reader may do that. */
export function showFirst(visit: OwnVisit): Promise<Response> {
  const token = visit.request.req.query('token') ?? ''
  return answerPage(
    <Page visit={visit} title="Become the administrator" narrow>
      <div class="card">
        <p>
          With this link the account <strong>{visit.actor.username}</strong> becomes the first
          administrator of this server. It works once.
        </p>
        <Form visit={visit} action="/admin/first">
          <input type="hidden" name="token" value={token} />
          <button type="submit" class="wide">
            Become the administrator
          </button>
        </Form>
      </div>
    </Page>,
  )
}

/** Uses the link. */
export async function claimFirst(visit: OwnVisit, fields: Fields): Promise<Response> {
  try {
    await visit.call.admin.claim({ token: fields.exact('token') })
    return leadTo(visit.href('/admin?done=administrator'))
  } catch (thrown) {
    const error = formProblem(thrown)
    return answerPage(<ProblemPage visit={visit} error={error} />, { error })
  }
}
