/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { IdentityProvider } from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { Form } from './layout.tsx'
import type { Visit } from './visit.ts'

interface ProviderButtonsProps {
  readonly visit: Visit
  readonly providers: readonly IdentityProvider[]
  /** Where one goes on afterwards. */
  readonly next: string
}

/** A button for each of the other servers by which one can sign in; nothing where there is none. */
export function ProviderButtons({
  visit,
  providers,
  next,
}: ProviderButtonsProps): JSX.Element | null {
  if (providers.length === 0) return null
  return (
    <section class="card stack" aria-label="Other ways to sign in">
      {providers.map(({ name, label }) => (
        <Form visit={visit} action="/account/sign-in/with">
          <input type="hidden" name="provider" value={name} />
          <input type="hidden" name="next" value={next} />
          <button type="submit" class="plain wide">{`Sign in with ${label}`}</button>
        </Form>
      ))}
    </section>
  )
}
