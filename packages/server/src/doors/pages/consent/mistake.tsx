/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { answerPage } from '../base/answer.ts'
import { Notice, Page } from '../base/layout.tsx'
import type { Visit } from '../base/visit.ts'

/** Why an app's request leads nowhere. */
export interface Mistake {
  readonly error: string
  readonly description: string
}

/** What people see when an app has sent them here with a request that nobody may be sent back with. */
export function mistakePage(visit: Visit, { error, description }: Mistake): Promise<Response> {
  return answerPage(
    <Page visit={visit} title="This request cannot be answered" narrow>
      <Notice tone="bad">
        <p>The app that sent you here has made a mistake: {description}</p>
      </Notice>
      <p>Nothing has been given to it, and you can close this page.</p>
      <p class="quiet small">
        For its developer: <code>{error}</code>
      </p>
    </Page>,
    { status: 400 },
  )
}
