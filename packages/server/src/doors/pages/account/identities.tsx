/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Identity, IdentityProvider } from '@tidings/protocol/wire'
import { TidingsError } from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { charge } from '../../../rpc/trpc.ts'
import { requireConfirmed } from '../../../services/confirmation.ts'
import { STALE_CODE, type CodeInput } from '../../../services/identity/complete.ts'
import { findLinkOffer, linkConfirmed } from '../../../services/identity/link.ts'
import { answerPage, leadTo } from '../base/answer.ts'
import { Form, Page } from '../base/layout.tsx'
import { OnwardPage } from '../base/onward.tsx'
import type { Fields, OwnVisit } from '../base/visit.ts'
import { Time } from '../base/words.tsx'
import { beginErrand, endOfErrand, verifierOf } from './elsewhere.ts'

const PURPOSE = 'link'

interface IdentitiesProps {
  readonly visit: OwnVisit
  readonly identities: readonly Identity[]
  readonly providers: readonly IdentityProvider[]
}

/** The accounts elsewhere that open this one, and those that could. Nothing where nobody signs in by any. */
export function Identities(props: IdentitiesProps): JSX.Element | null {
  const { visit, identities, providers } = props
  if (providers.length === 0 && identities.length === 0) return null
  return (
    <section class="card" aria-labelledby="identities">
      <h2 id="identities">Other ways to sign in</h2>
      <ul class="rows">
        {identities.map((identity) => (
          <IdentityRow visit={visit} identity={identity} providers={providers} />
        ))}
      </ul>
      <div class="buttons">
        {providers.map(({ name, label }) => (
          <Form visit={visit} action="/account/identities/link">
            <input type="hidden" name="provider" value={name} />
            <button type="submit" class="plain">{`Link an account at ${label}`}</button>
          </Form>
        ))}
      </div>
    </section>
  )
}

interface IdentityRowProps extends Omit<IdentitiesProps, 'identities'> {
  readonly identity: Identity
}

function IdentityRow({ visit, identity, providers }: IdentityRowProps): JSX.Element {
  const { id, provider, issuer, createdAt, lastUsedAt } = identity
  const title = providers.find(({ name }) => name === provider)?.label ?? issuer
  return (
    <li>
      <div class="what">
        <p>
          <strong>{title}</strong>
        </p>
        <p class="quiet small">
          Linked <Time at={createdAt} />
          {lastUsedAt === null ? null : ', last used '}
          {lastUsedAt === null ? null : <Time at={lastUsedAt} />}
        </p>
      </div>
      <Form visit={visit} action="/account/identities/unlink">
        <input type="hidden" name="identity" value={id} />
        <button type="submit" class="danger" aria-label={`Unlink the account at ${title}`}>
          Unlink
        </button>
      </Form>
    </li>
  )
}

/** On to the other server; asks for the password first, when that was long ago. */
export async function beginLink(visit: OwnVisit, fields: Fields): Promise<Response> {
  charge(visit.context)
  await requireConfirmed(visit.deps, visit.actor)
  const provider = fields.exact('provider')
  const path = '/account/identities/link'
  const address = await beginErrand(visit, { provider, path, purpose: PURPOSE })
  return answerPage(<OnwardPage heading="On to the other server" address={address} />)
}

/** Back from there: asks whether it is meant, and names both. Nothing has changed yet. */
export async function askLink(visit: OwnVisit): Promise<Response> {
  charge(visit.context)
  const input = broughtBack(visit)
  const offer = await findLinkOffer(visit.deps, input)
  if (offer === undefined) throw new TidingsError('FORBIDDEN', STALE_CODE)
  const { label, name } = offer
  const { username } = visit.actor
  return answerPage(
    <Page visit={visit} title="Link this account?" place="account" narrow>
      <div class="card">
        <p>
          The account {name === undefined ? null : <strong>{name}</strong>} at{' '}
          <strong>{label}</strong> is about to be linked to <strong>{username}</strong>. Whoever
          signs in by it is then signed in here as <strong>{username}</strong>.
        </p>
        <Form visit={visit} action="/account/identities/confirm">
          <input type="hidden" name="code" value={input.code} />
          <input type="hidden" name="state" value={visit.request.req.query('state') ?? ''} />
          <div class="buttons">
            <button type="submit">Link it</button>
            <a href={visit.href('/account')}>Leave it</a>
          </div>
        </Form>
      </div>
    </Page>,
  )
}

function broughtBack(visit: OwnVisit): CodeInput {
  try {
    return endOfErrand(visit, PURPOSE)
  } catch (thrown) {
    throw aboutTheCode(thrown)
  }
}

/** It is meant. */
export async function confirmLink(visit: OwnVisit, fields: Fields): Promise<Response> {
  charge(visit.context)
  const verifier = verifierOf(visit, PURPOSE, fields.exact('state'))
  try {
    await linkConfirmed(visit.deps, visit.actor, { code: fields.exact('code'), verifier })
  } catch (thrown) {
    throw aboutTheCode(thrown)
  }
  return leadTo(visit.href('/account?done=linked'))
}

/** It is the sign-in elsewhere that is over, not the session here. */
function aboutTheCode(thrown: unknown): unknown {
  const isOver = thrown instanceof TidingsError && thrown.code === 'UNAUTHENTICATED'
  return isOver ? new TidingsError('FORBIDDEN', thrown.message) : thrown
}

/** Unlinks one. */
export async function unlink(visit: OwnVisit, fields: Fields): Promise<Response> {
  await visit.call.identity.unlink({ identityId: fields.exact('identity') })
  return leadTo(visit.href('/account?done=unlinked'))
}
