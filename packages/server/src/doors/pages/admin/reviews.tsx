/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import {
  APP_LIMITS,
  type AdminReview,
  type OAuthScope,
  type TidingsError,
} from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { answerPage, leadTo } from '../base/answer.ts'
import { Form, Notice } from '../base/layout.tsx'
import { formProblem } from '../base/problems-of.ts'
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

async function queuePage(visit: OwnVisit, kind: Kind, error?: TidingsError): Promise<JSX.Element> {
  const { items, next } = await visit.call.admin.listReviews({ kind, cursor: cursorOf(visit) })
  const scopes = await visit.call.oauth.listScopes()
  const { title, at } = PAGES[kind]
  return (
    <AdminPage visit={visit} title={title} at={at} error={error}>
      {items.length === 0 ? <p class="card quiet">Nothing waits for an answer.</p> : null}
      {items.map((review) => (
        <ReviewCard visit={visit} review={review} scopes={scopes} />
      ))}
      <Next visit={visit} next={next} />
    </AdminPage>
  )
}

interface ReviewCardProps {
  readonly visit: OwnVisit
  readonly review: AdminReview
  readonly scopes: readonly OAuthScope[]
}

function ReviewCard({ visit, review, scopes }: ReviewCardProps): JSX.Element {
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
        <Decision visit={visit} review={review} />
      )}
    </section>
  )
}

function Decision({ visit, review }: { visit: OwnVisit; review: AdminReview }): JSX.Element {
  const { id, kind, client } = review
  const action = `/admin/reviews/${id}`
  return (
    <div class="buttons decision">
      <Form visit={visit} action={action}>
        <input type="hidden" name="kind" value={kind} />
        <input type="hidden" name="decision" value="approve" />
        <button type="submit" aria-label={`Approve ${client.name}`}>
          Approve
        </button>
      </Form>
      <details class="what">
        <summary>Refuse, with a reason</summary>
        <Form visit={visit} action={action}>
          <input type="hidden" name="kind" value={kind} />
          <input type="hidden" name="decision" value="reject" />
          <ReasonField id={id} />
          <button type="submit" class="danger" aria-label={`Refuse ${client.name}`}>
            Refuse
          </button>
        </Form>
      </details>
    </div>
  )
}

/** Several of them are on one page, so each has an id of its own. */
function ReasonField({ id }: { id: string }): JSX.Element {
  const field = `answer-${id}`
  return (
    <div class="field">
      <label for={field}>Reason</label>
      <span class="hint" id={`${field}-hint`}>
        The developer sees it.
      </span>
      <textarea
        id={field}
        name="answer"
        aria-describedby={`${field}-hint`}
        maxlength={APP_LIMITS.proseLength}
        required
      ></textarea>
    </div>
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
    return answerPage(await queuePage(visit, kind, error), { status: error.httpStatus })
  }
}
