/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { APP_LIMITS, type AdminReview, type OAuthScope } from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { answerPage, leadTo } from '../base/answer.ts'
import { TextArea } from '../base/fields.tsx'
import { Form, Notice } from '../base/layout.tsx'
import { formProblem, problemOf, type Again } from '../base/problems-of.ts'
import { ScopeList } from '../base/tags.tsx'
import type { Fields, OwnVisit } from '../base/visit.ts'
import { Time } from '../base/words.tsx'
import { ClientFacts } from './client.tsx'
import { AdminPage, cursorOf, Next } from './frame.tsx'

type Kind = AdminReview['kind']

const PAGES = {
  verification: { title: 'Reviews', at: '/admin/reviews' },
  scopes: { title: 'Applications for scopes', at: '/admin/applications' },
} as const

/** The apps that wait to be verified. */
export async function showReviews(visit: OwnVisit): Promise<Response> {
  return answerPage(await queuePage(visit, 'verification'))
}

/** The apps that wait for more scopes. */
export async function showApplications(visit: OwnVisit): Promise<Response> {
  return answerPage(await queuePage(visit, 'scopes'))
}

/** One of the forms on the page comes back. */
interface AgainOne extends Again {
  readonly reviewId: string
}

async function queuePage(visit: OwnVisit, kind: Kind, again?: AgainOne): Promise<JSX.Element> {
  const cursor = again === undefined ? cursorOf(visit) : again.fields.optional('cursor')
  const { items, next } = await visit.call.admin.listReviews({ kind, cursor })
  const scopes = await visit.call.oauth.listScopes()
  const { title, at } = PAGES[kind]
  return (
    <AdminPage visit={visit} title={title} at={at} error={again?.error}>
      {items.length === 0 ? <p class="card quiet">Nothing waits for an answer.</p> : null}
      {items.map((review) => (
        <ReviewCard visit={visit} review={review} scopes={scopes} cursor={cursor} again={again} />
      ))}
      <Next visit={visit} next={next} path={at} />
    </AdminPage>
  )
}

interface DecisionProps {
  readonly visit: OwnVisit
  readonly review: AdminReview
  /** Where in the list the page begins: there a form that is refused comes back. */
  readonly cursor: string | undefined
  readonly again: AgainOne | undefined
}

function ReviewCard(
  props: DecisionProps & { readonly scopes: readonly OAuthScope[] },
): JSX.Element {
  const { visit, review, scopes } = props
  const { id, client, kind, reason, createdAt } = review
  return (
    <section class="card" aria-labelledby={`review-${id}`}>
      <h2 id={`review-${id}`}>{client.name}</h2>
      <p class="quiet small">
        Asked <Time at={createdAt} />
      </p>
      {reason === null ? null : (
        <blockquote class="notice warn">
          <p>{reason}</p>
        </blockquote>
      )}
      {kind === 'scopes' ? <ScopeList names={review.scopes} scopes={scopes} /> : null}
      <ClientFacts client={client} />
      {client.creator.id === visit.actor.userId ? (
        <Notice tone="warn">
          <p>This app is yours: another administrator must decide.</p>
        </Notice>
      ) : (
        <Decision {...props} />
      )}
    </section>
  )
}

function Decision({ visit, review, cursor, again }: DecisionProps): JSX.Element {
  const { id, client } = review
  const action = `/admin/reviews/${id}`
  const own = again?.reviewId === id ? again : undefined
  return (
    <div class="buttons decision">
      <Form visit={visit} action={action}>
        <Verdict review={review} cursor={cursor} decision="approve" />
        <button type="submit" aria-label={`Approve ${client.name}`}>
          Approve
        </button>
      </Form>
      <details class="what" open={own !== undefined}>
        <summary>Refuse, with a reason</summary>
        <Form visit={visit} action={action}>
          <Verdict review={review} cursor={cursor} decision="reject" />
          <TextArea
            id={`answer-${id}`}
            name="answer"
            label="Reason"
            hint="The developer sees it."
            value={own?.fields.exact('answer')}
            problem={problemOf(own?.error, 'answer')}
            maxlength={APP_LIMITS.proseLength}
            required
          />
          <button type="submit" class="danger" aria-label={`Refuse ${client.name}`}>
            Refuse
          </button>
        </Form>
      </details>
    </div>
  )
}

interface VerdictProps extends Pick<DecisionProps, 'review' | 'cursor'> {
  readonly decision: 'approve' | 'reject'
}

function Verdict({ review, cursor, decision }: VerdictProps): JSX.Element {
  return (
    <>
      <input type="hidden" name="kind" value={review.kind} />
      <input type="hidden" name="cursor" value={cursor} />
      <input type="hidden" name="decision" value={decision} />
    </>
  )
}

/** Approves or refuses. */
export async function decide(visit: OwnVisit, fields: Fields): Promise<Response> {
  const reviewId = visit.request.req.param('id') ?? ''
  const kind: Kind = fields.exact('kind') === 'scopes' ? 'scopes' : 'verification'
  const decision = fields.exact('decision') === 'approve' ? 'approve' : 'reject'
  try {
    const answer = fields.optional('answer')
    await visit.call.admin.decideReview({ reviewId, decision, answer })
    const done = decision === 'approve' ? 'approved' : 'rejected'
    return leadTo(visit.href(`${PAGES[kind].at}?done=${done}`))
  } catch (thrown) {
    const error = formProblem(thrown)
    const page = await queuePage(visit, kind, { reviewId, fields, error })
    return answerPage(page, { error })
  }
}
