/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { JSX } from 'hono/jsx/jsx-runtime'
import { Notice } from './layout.tsx'
import type { Visit } from './visit.ts'

/** What has just been done, by the word that an address carries: whoever makes up a link can say nothing of his own. */
const SENTENCES: ReadonlyMap<string, string> = new Map([
  ['session-ended', 'The session has ended.'],
  ['disconnected', 'The app has no access to your account any more.'],
  ['saved', 'Saved.'],
  ['in-review', 'Saved. An administrator looks at the app again before others can use it.'],
  ['submitted', 'Submitted. An administrator will look at it.'],
  ['applied', 'The application has been sent. An administrator will look at it.'],
  ['linked', 'Linked. You can sign in by it from now on.'],
  ['unlinked', 'Unlinked.'],
  ['deleted', 'Deleted.'],
  ['approved', 'Approved.'],
  ['rejected', 'Refused. The developer sees your reason.'],
  ['suspended', 'Suspended.'],
  ['resumed', 'It goes on.'],
  ['signed-out', 'Signed out everywhere.'],
  ['sent', 'Sent.'],
  ['administrator', 'You are an administrator.'],
])

/** Says what has been done by the form that led here. */
export function Done({ visit }: { visit: Visit }): JSX.Element | null {
  const sentence = SENTENCES.get(visit.request.req.query('done') ?? '')
  if (sentence === undefined) return null
  return (
    <Notice tone="good">
      <p>{sentence}</p>
    </Notice>
  )
}
