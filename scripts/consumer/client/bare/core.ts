// Compiled with neither the DOM nor Node nor anything newer than ES2022, as on a platform that has types of its own.
import { createClient, type ClientOptions, type MessageItem, type NoKinds } from '@tidings/sdk'

const options: ClientOptions<NoKinds> = { url: 'https://example.org', pingIntervalMs: 20_000 }
const client = createClient(options)
export const shown: readonly MessageItem<NoKinds>[] = client.store.messages('c').get().items
export const stop = client.on('message.created', ({ body }) => body.message.seq.toFixed())
