// Names that a snippet may use without declaring them, so that an example shows what it is about and nothing else. A snippet
// that declares one of them by itself has its own.
import type { TidingsClient } from '@tidings/sdk'
import type { Server } from '@tidings/server'

declare global {
  const client: TidingsClient
  const ann: TidingsClient
  const bob: TidingsClient
  const server: Server
  const url: string
  const password: string
  const conversationId: string
  const messageId: string
  function show(...what: readonly unknown[]): void
  function showGone(): void
}
