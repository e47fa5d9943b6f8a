import { createElement as element, type ReactElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  createClient,
  type BodyOf,
  type TypedBody,
  type Sending,
  type TidingsClient,
} from '../../src/index.ts'
import {
  createHooks,
  TidingsProvider,
  useClient,
  type useMessages,
  type useSend,
  type MessageActions,
} from '../../src/react/index.ts'

const kinds = { poll: z.object({ question: z.string(), options: z.array(z.string()) }) }
type AppKinds = typeof kinds

const app = createHooks<AppKinds>()
const url = 'http://127.0.0.1:1'

test('[RCT8] an app’s own kinds flow through its hooks', () => {
  expectTypeOf(app.useClient).returns.toEqualTypeOf<TidingsClient<AppKinds>>()
  expectTypeOf(app.useSend).returns.toEqualTypeOf<MessageActions<AppKinds>>()
  expectTypeOf<ReturnType<typeof app.useSend>['send']>()
    .parameter(0)
    .toEqualTypeOf<string | BodyOf<AppKinds>>()
  expectTypeOf<ReturnType<MessageActions<AppKinds>['send']>>().toEqualTypeOf<Sending<AppKinds>>()
  type Item = ReturnType<typeof app.useMessages>['items'][number]
  expectTypeOf<Item['body']>().toEqualTypeOf<TypedBody<AppKinds>>()
  type Poll = Extract<Item['body'], { kind: 'poll' }>
  expectTypeOf<Poll['data']['options']>().toEqualTypeOf<string[]>()
  type Last = ReturnType<typeof app.useConversations>['items'][number]['lastMessage']
  expectTypeOf<NonNullable<Last>['body']>().toEqualTypeOf<TypedBody<AppKinds>>()
  expectTypeOf<Parameters<typeof app.TidingsProvider>[0]['client']>().toEqualTypeOf<
    TidingsClient<AppKinds>
  >()
})

test('[RCT8] a body of no kind of the app, and data of another shape, do not compile', () => {
  const { send } = {} as MessageActions<AppKinds>
  const wrong = (): void => {
    // @ts-expect-error -- there is no such kind
    void send({ kind: 'dance', data: {} })
    // @ts-expect-error -- the options are missing
    void send({ kind: 'poll', data: { question: 'Where?' } })
  }
  const text = {} as ReturnType<typeof useSend>
  const unknown = (): void => {
    // @ts-expect-error -- an app that sends text alone
    void text.send({ kind: 'poll', data: { question: 'Where?', options: [] } })
  }
  expect([wrong, unknown]).toHaveLength(2)
  expectTypeOf<ReturnType<typeof useMessages>['items'][number]['body']['kind']>().toEqualTypeOf<
    'text' | 'image' | 'video' | 'deleted' | 'unknown'
  >()
})

test('[RCT8] hooks of two apps do not see each other’s client, and one without a provider says so', () => {
  const client = createClient({ url, kinds })
  const plain = createClient({ url })
  let seen: unknown[] = []
  const Both = (): ReactElement => {
    seen = [app.useClient(), useClient()]
    return element('i')
  }
  const inner = element(TidingsProvider, { client: plain }, element(Both))
  renderToString(element(app.TidingsProvider, { client }, inner))
  expect(seen).toEqual([client, plain])
  expect(seen[0]).toBe(client)
  expect(() => renderToString(inner)).toThrow('There is no <TidingsProvider>')
})
