// Names that a snippet may use without declaring them, so that an example shows what it is about and nothing else. A snippet
// that declares one of them by itself has its own.
import type { ClientStorage, TidingsClient } from '@tidings/sdk'
import type { TestKit } from '@tidings/sdk/testing'
import type { Server } from '@tidings/server'

declare global {
  const client: TidingsClient
  const ann: TidingsClient
  const bob: TidingsClient
  const server: Server
  const kit: TestKit
  const url: string
  const password: string
  const conversationId: string
  const messageId: string
  const storage: ClientStorage
  /** What listeners of an example note down. */
  const seen: unknown[]
  function show(...what: readonly unknown[]): void
  function showGone(): void
}
