import type { SendInput } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { memoryStorage } from '../../src/index.ts'
import { CONVERSATION, openScene, sentOf, textTo } from '../support/fake-client.ts'
import { settle } from '../support/fake-clock.ts'

test.for([
  [1, ['waiting']],
  [2, ['waiting']],
  [3, ['waiting']],
  [4, ['waiting']],
  [5, []],
] as const)(
  '[STO6] of a storage in form %i of the rows is sent what the last run could not send: %j',
  async ([format, expected]) => {
    const storage = memoryStorage()
    const first = openScene({ storage })
    first.server.on('message.send', () => new Promise(() => undefined))
    void first.client.connect()
    await first.clock.advance(0)
    await settle()
    first.client.message.send(textTo(CONVERSATION, 'waiting')).catch(() => undefined)
    await settle()
    await first.client.close()
    const old = { key: 'window/of-another-form', value: { from: 1, start: true } }
    await storage.write([
      { kind: 'put', key: 'owner', value: { userId: 'id-of-ann', format } },
      { kind: 'put', ...old },
    ])

    const { client, server, clock } = openScene({ storage })
    const texts: string[] = []
    server.on('message.send', (input: SendInput) => {
      texts.push('text' in input.body ? input.body.text : '')
      return sentOf(input, 1)
    })
    void client.connect()
    await clock.advance(0)
    await settle()
    expect(texts).toEqual(expected)
    expect(storage.read({ from: 'window/of', to: 'window/og' })).toHaveLength(format === 4 ? 1 : 0)
    expect(storage.read({ from: 'owner', to: 'owner/' })).toEqual([
      { key: 'owner', value: { userId: 'id-of-ann', format: 4 } },
    ])
  },
)
