/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { JSX } from 'hono/jsx/jsx-runtime'

/**
 * A page that leads on by itself. A redirect would do, but for an address at another server: where a form ends up is a matter of the
 * policy of the page that the form is on, and this one ends here.
 */
export function OnwardPage({
  heading,
  address,
}: {
  readonly heading: string
  readonly address: string
}): JSX.Element {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="refresh" content={`0;url=${address}`} />
        <title>{`${heading} · Tidings`}</title>
      </head>
      <body>
        <main>
          <h1>{heading}</h1>
          <a href={address}>Go on</a>
        </main>
      </body>
    </html>
  )
}
