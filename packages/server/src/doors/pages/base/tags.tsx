/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { OAuthClient, OAuthScope } from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'

/** What has become of an app, in a word. */
export function StateTag({
  client,
}: {
  client: Pick<OAuthClient, 'state' | 'suspended'>
}): JSX.Element {
  if (client.suspended) return <span class="tag bad">suspended</span>
  const [tone, word] = STATES[client.state]
  return <span class={`tag ${tone}`}>{word}</span>
}

const STATES = {
  draft: ['neutral', 'not verified'],
  submitted: ['warn', 'waits for review'],
  approved: ['good', 'verified'],
  rejected: ['bad', 'refused'],
} as const satisfies Record<OAuthClient['state'], readonly [string, string]>

/** The first letter of an app's name. Its own picture would tell whoever keeps it who looks at this page. */
export function Face({ name }: { name: string }): JSX.Element {
  const [letter = '?'] = Array.from(name)
  return (
    <span class="face" aria-hidden="true">
      {letter.toUpperCase()}
    </span>
  )
}

/** Scopes, in words. */
export function ScopeList({
  names,
  scopes,
}: {
  names: readonly string[]
  scopes: readonly OAuthScope[]
}): JSX.Element {
  const known = new Map(scopes.map((scope) => [scope.name, scope.description]))
  if (names.length === 0) return <p class="quiet">Nothing.</p>
  return (
    <ul class="scopes">
      {names.map((name) => (
        <li>
          {known.get(name) ?? 'Something that is not known here any more'}{' '}
          <code class="quiet small">{name}</code>
        </li>
      ))}
    </ul>
  )
}
