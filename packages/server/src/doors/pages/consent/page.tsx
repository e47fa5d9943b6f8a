/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Conversation, OAuthScope } from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import type { PendingAuthorization } from '../../../services/oauth/pending.ts'
import { Choice } from '../base/fields.tsx'
import { Notice, Page } from '../base/layout.tsx'
import { Face, ScopeList } from '../base/tags.tsx'
import { FORM_TOKEN, type OwnVisit } from '../base/visit.ts'

/** Says of a form that it asked to which conversations the app is limited. */
export const LIMITS_SHOWN = 'limits'

/** What somebody is asked. */
export interface Question {
  readonly visit: OwnVisit
  readonly pending: PendingAuthorization
  readonly scopes: readonly OAuthScope[]
  /** To which the app could be limited. */
  readonly conversations: readonly Conversation[]
  /** To which it is limited now. */
  readonly limit: ReadonlySet<string> | undefined
  /** Where the answer is sent to, with the request as its query. */
  readonly action: string
  readonly token: string
}

/** Asks somebody whether an app may act for him. */
export function ConsentPage(question: Question): JSX.Element {
  const { visit, pending, scopes } = question
  const { client } = pending
  const heading = (
    <div class="head">
      <Face name={client.name} />
      <h1>{client.name} wants to act for you</h1>
    </div>
  )
  return (
    <Page visit={visit} title="Let an app act for you" heading={heading} narrow>
      {client.state === 'approved' ? null : (
        <Notice tone="warn">
          <p>
            <strong>This app is not verified.</strong> Nobody here has looked at it; it works for
            you alone, since you have registered it.
          </p>
        </Notice>
      )}
      <section class="card" aria-label="What it asks for">
        <p>
          You are signed in as <strong>{visit.actor.username}</strong>.
        </p>
        {client.description === null ? null : <p class="quiet">{client.description}</p>}
        <p>It could, in your name:</p>
        <ScopeList names={pending.scopes} scopes={scopes} />
        <p class="quiet small">
          Afterwards you are led to <code>{placeOf(pending.redirectUri)}</code>. You can take this
          back at any time, in your account under “Connected apps”.
        </p>
        <Answer question={question} />
      </section>
    </Page>
  )
}

/** The rest of a redirect URI says nothing to people, and could say anything. */
function placeOf(redirectUri: string): string {
  const { protocol, host } = new URL(redirectUri)
  return protocol === 'https:' || protocol === 'http:' ? host : protocol
}

function Answer({ question }: { question: Question }): JSX.Element {
  const { action, token, conversations, limit } = question
  return (
    <form method="post" action={action}>
      <input type="hidden" name={FORM_TOKEN} value={token} />
      {conversations.length === 0 ? null : <Limits conversations={conversations} limit={limit} />}
      <div class="buttons">
        <button type="submit" name="answer" value="allow">
          Allow
        </button>
        <button type="submit" name="answer" value="deny" class="plain">
          Deny
        </button>
      </div>
    </form>
  )
}

function Limits({ conversations, limit }: Pick<Question, 'conversations' | 'limit'>): JSX.Element {
  return (
    <details class="field" open={limit !== undefined}>
      <input type="hidden" name={LIMITS_SHOWN} value="yes" />
      <summary>In some conversations only</summary>
      <fieldset>
        <legend>It sees and writes in these alone</legend>
        <Choice
          name="limited"
          value="yes"
          label="Limit it to what is chosen below"
          hint="Where nothing here is chosen it may act in all of yours."
          checked={limit !== undefined}
        />
        {conversations.map((conversation) => (
          <Choice
            name="conversation"
            value={conversation.id}
            checked={limit?.has(conversation.id) === true}
            label={conversation.name ?? conversation.peer?.username ?? 'Notes to yourself'}
          />
        ))}
      </fieldset>
    </details>
  )
}
