/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import {
  APP_LIMITS,
  type OAuthClientDetails,
  type OAuthReview,
  type OAuthScope,
  type TidingsError,
} from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { Choice, Choices, TextArea } from '../base/fields.tsx'
import { Form, Notice } from '../base/layout.tsx'
import { problemOf } from '../base/problems-of.ts'
import type { Fields, OwnVisit } from '../base/visit.ts'
import { Time } from '../base/words.tsx'

interface SectionProps {
  readonly visit: OwnVisit
  readonly client: OAuthClientDetails
  readonly place: string
  /** What was filled in, of a form that comes back. */
  readonly asked: Fields | undefined
  readonly error: TidingsError | undefined
}

/** Whether others can use an app, and how they come to. */
export function ReviewSection(props: SectionProps): JSX.Element {
  const { visit, client, place, asked, error } = props
  const last = client.reviews.find(({ kind }) => kind === 'verification')
  return (
    <section class="card" aria-labelledby="review">
      <h2 id="review">Verification</h2>
      {client.suspended ? (
        <Notice tone="bad">
          <p>An administrator has suspended this app: nobody is let in by it.</p>
        </Notice>
      ) : null}
      <p>{SENTENCES[client.state]}</p>
      {last?.answer === undefined || last.answer === null ? null : (
        <blockquote class="notice warn">
          <p>{last.answer}</p>
        </blockquote>
      )}
      {client.suspended || client.state === 'approved' || client.state === 'submitted' ? null : (
        <Form visit={visit} action={`${place}/submit`}>
          <TextArea
            name="reason"
            label="What should the administrators know?"
            hint="Who will use the app, and what for."
            value={asked?.exact('reason')}
            problem={problemOf(error, 'reason')}
            maxlength={APP_LIMITS.proseLength}
          />
          <button type="submit">Submit for verification</button>
        </Form>
      )}
    </section>
  )
}

const SENTENCES = {
  draft: 'Until it is verified, the app works for you alone, and with the base scopes.',
  submitted:
    'The app waits for an administrator. Until then it works for you alone, and with the base scopes.',
  approved: 'The app is verified: everybody can let it act for him.',
  rejected: 'The app was not verified. Mend what the reason says, and submit it again.',
} as const satisfies Record<OAuthClientDetails['state'], string>

/** More scopes for a verified app. */
export function ScopeSection(
  props: SectionProps & { readonly scopes: readonly OAuthScope[] },
): JSX.Element {
  const { client, scopes } = props
  const earlier = client.reviews.filter(({ kind }) => kind === 'scopes')
  const pending = earlier.filter(({ state }) => state === 'pending').flatMap((one) => one.scopes)
  const open = scopes.filter(
    ({ name, base, restricted }) =>
      !base && !restricted && !client.scopes.includes(name) && !pending.includes(name),
  )
  const mayApply = client.state === 'approved' && !client.suspended
  return (
    <section class="card" aria-labelledby="scopes">
      <h2 id="scopes">More scopes</h2>
      {mayApply ? null : <p>A verified app can apply for further scopes.</p>}
      {mayApply && open.length === 0 ? <p>There are no further scopes to apply for.</p> : null}
      {mayApply && open.length > 0 ? <Application {...props} open={open} /> : null}
      {earlier.length === 0 ? null : (
        <ul class="rows">
          {earlier.map((review) => (
            <AskedRow review={review} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Application(props: SectionProps & { readonly open: readonly OAuthScope[] }): JSX.Element {
  const { visit, open, place, asked, error } = props
  const chosen = asked?.list('scopes') ?? []
  return (
    <Form visit={visit} action={`${place}/scopes`}>
      <Choices name="scopes" legend="Scopes" problem={problemOf(error, 'scopes')}>
        {open.map(({ name, description }) => (
          <Choice
            name="scopes"
            value={name}
            label={name}
            hint={description}
            checked={chosen.includes(name)}
          />
        ))}
      </Choices>
      <TextArea
        name="reason"
        label="What does the app need them for?"
        value={asked?.exact('reason')}
        problem={problemOf(error, 'reason')}
        maxlength={APP_LIMITS.proseLength}
        required
      />
      <button type="submit">Apply</button>
    </Form>
  )
}

const OUTCOMES = {
  pending: ['warn', 'waits'],
  approved: ['good', 'approved'],
  rejected: ['bad', 'refused'],
  withdrawn: ['neutral', 'withdrawn'],
} as const satisfies Record<OAuthReview['state'], readonly [string, string]>

function AskedRow({ review }: { review: OAuthReview }): JSX.Element {
  const [tone, word] = OUTCOMES[review.state]
  return (
    <li>
      <div class="what">
        <p>
          <code>{review.scopes.join(' ')}</code> <span class={`tag ${tone}`}>{word}</span>
        </p>
        <p class="quiet small">
          Asked <Time at={review.createdAt} />
        </p>
        {review.answer === null ? null : <p>{review.answer}</p>}
      </div>
    </li>
  )
}
