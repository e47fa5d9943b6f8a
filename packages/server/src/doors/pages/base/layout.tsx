/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Child, PropsWithChildren } from 'hono/jsx'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { STYLE_FILE } from './style.ts'
import { FORM_TOKEN, type Visit } from './visit.ts'

/** Where a page belongs in the navigation. */
export type Place = 'account' | 'developer' | 'admin'

/** What a page is made of. */
export interface PageProps {
  readonly visit: Visit
  readonly title: string
  readonly place?: Place | undefined
  /** One column for one thing: signing in, consenting. */
  readonly narrow?: boolean | undefined
  /** In place of the title as the heading. */
  readonly heading?: Child | undefined
}

const PLACES: readonly { readonly place: Place; readonly path: string; readonly name: string }[] = [
  { place: 'account', path: '/account', name: 'Your account' },
  { place: 'developer', path: '/developer', name: 'Developers' },
  { place: 'admin', path: '/admin', name: 'Administration' },
]

/** A whole page. */
export function Page(props: PropsWithChildren<PageProps>): JSX.Element {
  const { visit, title, place, narrow = false, heading, children } = props
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Tidings`}</title>
        <link rel="stylesheet" href={visit.href(`/pages/${STYLE_FILE}`)} />
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <header class="bar">
          <div class="bar-in">
            <span class="brand">Tidings</span>
            {visit.actor === null ? null : <Navigation visit={visit} place={place} />}
          </div>
        </header>
        <main id="main" class={narrow ? 'narrow' : ''} tabindex={-1}>
          {heading ?? <h1>{title}</h1>}
          {children}
        </main>
      </body>
    </html>
  )
}

function Navigation({ visit, place }: { visit: Visit; place: Place | undefined }): JSX.Element {
  const shown = PLACES.filter((entry) => entry.place !== 'admin' || visit.actor?.role === 'admin')
  return (
    <>
      <nav aria-label="Main">
        <ul>
          {shown.map((entry) => (
            <li>
              <a
                href={visit.href(entry.path)}
                aria-current={entry.place === place ? 'true' : undefined}
              >
                {entry.name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="who">
        <span>{visit.actor?.username}</span>
        <Form visit={visit} action="/account/sign-out">
          <button type="submit" class="link">
            Sign out
          </button>
        </Form>
      </div>
    </>
  )
}

/** A form of ours: it posts to a path of this server, with the token that proves where it comes from. */
export function Form(
  props: PropsWithChildren<{ readonly visit: Visit; readonly action: string }>,
): JSX.Element {
  const { visit, action, children } = props
  return (
    <form method="post" action={visit.href(action)}>
      <input type="hidden" name={FORM_TOKEN} value={visit.formToken(action)} />
      {children}
    </form>
  )
}

/** Something that the reader should see first. */
export function Notice(
  props: PropsWithChildren<{ readonly tone: 'good' | 'bad' | 'warn' }>,
): JSX.Element {
  const { tone, children } = props
  return (
    <div class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      {children}
    </div>
  )
}
