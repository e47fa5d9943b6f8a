import { sentSchema } from '@tidings/protocol'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { restProcedures } from '../../src/doors/procedure.ts'
import { createCaller } from '../../src/rpc/root.ts'
import { openWorld } from '../services/conversation-world.ts'
import { newGroup } from '../services/group-calls.ts'
import { describeEngines } from '../support/databases.ts'

const LISTS = restProcedures().filter(({ procedure }) => /\.(list|search|export)/.test(procedure))

function fieldsOf(schema: z.ZodType | undefined): Readonly<Record<string, unknown>> {
  return schema instanceof z.ZodObject ? schema.shape : {}
}

function isPage(output: z.ZodType): boolean {
  const { items, next } = fieldsOf(output)
  const isCursor = next instanceof z.ZodNullable && next.unwrap() instanceof z.ZodString
  return items instanceof z.ZodArray && isCursor
}

test('[WIR7] a list is an array, or a page: { items, next }, which is asked for by a cursor and a limit', () => {
  const wrong = LISTS.filter(({ input, output }) => {
    if (output instanceof z.ZodArray) return false
    const asked = fieldsOf(input)
    return !isPage(output) || !('cursor' in asked) || !('limit' in asked)
  })
  expect(wrong.map(({ procedure }) => procedure)).toEqual([])
  expect(LISTS.filter(({ output }) => isPage(output)).length).toBeGreaterThan(15)
})

test('[WIR7] nothing else is told in pages but the heads, which the engine of a client asks for', () => {
  const others = restProcedures().filter(
    (one) => !LISTS.some((list) => list.procedure === one.procedure),
  )
  const paged = others.filter(({ output }) => 'next' in fieldsOf(output))
  expect(paged.map(({ procedure }) => procedure)).toEqual(['sync.heads'])
})

describeEngines('pages', (engine) => {
  test('[WIR7] a cursor that was not given out for such a list is INVALID_INPUT', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id: conversationId } = await newGroup(world, [ann, bob])
    const source = { door: 'local', ip: '127.0.0.1', origin: null } as const
    const call = createCaller({ deps: world.deps, actor: ann, source, transport: null })
    const body = { kind: 'text', text: 'hi' } as const
    const { messageId } = sentSchema.parse(await call.message.send({ conversationId, body }))
    const place = { conversationId, messageId, seq: 2, direction: 'sent' } as const
    const pages = {
      export: (cursor: string) => call.account.export({ cursor }),
      conversations: (cursor: string) => call.conversation.list({ cursor }),
      contacts: (cursor: string) => call.contact.list({ cursor }),
      blocks: (cursor: string) => call.block.list({ cursor }),
      members: (cursor: string) => call.group.listMembers({ ...place, cursor }),
      bans: (cursor: string) => call.group.listBans({ ...place, cursor }),
      messages: (cursor: string) => call.message.list({ ...place, cursor }),
      versions: (cursor: string) => call.message.listVersions({ ...place, cursor }),
      direct: (cursor: string) => call.message.listDirect({ ...place, cursor }),
      receipts: (cursor: string) => call.message.listReceipts({ ...place, cursor }),
      notifications: (cursor: string) => call.notification.list({ cursor }),
    }
    const cursors = ['none of ours', '', Buffer.from('["x"]').toString('base64url')]
    for (const [name, page] of Object.entries(pages))
      for (const cursor of cursors) {
        const outcome = await page(cursor).then(() => 'done', codeOf)
        expect([name, cursor, outcome]).toEqual([name, cursor, 'INVALID_INPUT'])
      }
  })
})

function codeOf(error: Error & { cause?: { code?: string } }): string {
  return error.cause?.code ?? error.message
}
