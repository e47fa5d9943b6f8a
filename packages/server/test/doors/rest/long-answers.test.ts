import { expect, test, vi } from 'vitest'
import type { RestContexts, RestRequest } from '../../../src/doors/rest/context.ts'
import { createExportStream } from '../../../src/doors/rest/v1/export.ts'
import { wholeHistory } from '../../../src/doors/seed-003/history.ts'
import type { Context } from '../../../src/rpc/context.ts'
import { httpClient, type Person } from '../../contract/person.ts'
import { OAuthWorld } from '../../oauth/world.ts'
import { describeEngines } from '../../support/databases.ts'

/** As a route sees a caller, without a socket that would take what is sent before a test wants it. */
function callerOf({ deps }: OAuthWorld, { accessToken }: Person) {
  let cuts = 0
  const source = { door: 'rest', ip: '127.0.0.1', origin: null } as const
  const signedIn = async (): Promise<Context> => {
    const actor = await deps.auth.authenticate(accessToken)
    return { deps, actor, source, transport: null }
  }
  const outgoing = { destroy: () => void (cuts += 1) }
  return {
    // Nothing else of them is asked for.
    contexts: { signedIn } as unknown as RestContexts,
    request: { env: { outgoing } } as unknown as RestRequest,
    signedIn,
    cuts: () => cuts,
  }
}

/** Somebody with a long history. */
async function writer(world: OAuthWorld, name: string) {
  const person = await world.person(name)
  const client = httpClient(world.url, person.accessToken)
  const { id: conversationId } = await client.group.create.mutate({ name, userIds: [] })
  for (let page = 0; page < 5; page += 1)
    await client.message.send.mutate(
      Array.from({ length: 100 }, (_, at) => ({
        conversationId,
        body: { kind: 'text' as const, text: String(page * 100 + at) },
      })),
    )
  return { person, client, conversationId }
}

describeEngines('long answers', (engine) => {
  test('[EXP2] one user has one export under way at a node, and leaves room for others', async () => {
    await using world = await OAuthWorld.open(engine)
    const [ann, bob] = [await writer(world, 'ann'), await writer(world, 'bob')]
    const [asAnn, asBob] = [callerOf(world, ann.person), callerOf(world, bob.person)]
    const signedIn = (request: RestRequest) =>
      (request === asBob.request ? asBob : asAnn).signedIn()
    const ask = createExportStream(world.deps, { signedIn } as unknown as RestContexts)
    const first = await ask(asAnn.request, {})
    for (const _again of [1, 2])
      await expect(ask(asAnn.request, {})).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    const other = await ask(asBob.request, {})
    await other.body?.cancel()
    const text = await first.text()
    expect(text.trimEnd().split('\n').at(-1)).toBe('{"type":"end"}')
    expect(await (await ask(asAnn.request, {})).text()).toBe(text)
  })

  test('[DIA5] each page of a history that is read whole is charged, and is read by a session that lives', async () => {
    await using world = await OAuthWorld.open(engine)
    const { person, client, conversationId } = await writer(world, 'ann')
    const caller = callerOf(world, person)
    const { contexts, request } = caller
    const show = ({ seq }: { readonly seq: number }) => ({ seq })
    const open = async () => {
      const context = await caller.signedIn()
      return new Response(await wholeHistory({ contexts, request, context, conversationId, show }))
    }
    const charges = vi.spyOn(world.deps.auth, 'takeCall')
    const whole = (await (await open()).json()) as { readonly messages: readonly unknown[] }
    expect(whole.messages).toHaveLength(500)
    expect(charges).toHaveBeenCalledTimes(5)
    // Who may call no more waits in the middle, and is not refused.
    charges.mockReturnValueOnce(0).mockReturnValueOnce(5)
    expect(await (await open()).json()).toEqual(whole)
    charges.mockReset().mockReturnValueOnce(1000)
    await expect(open()).rejects.toMatchObject({ cause: { code: 'RATE_LIMITED' } })
    charges.mockRestore()
    const reader = (await open()).body?.getReader()
    await reader?.read()
    await client.account.logout.mutate()
    const rest = async () => {
      while (caller.cuts() === 0) await reader?.read()
    }
    void rest()
    await vi.waitUntil(() => caller.cuts() === 1, { timeout: 20_000 })
  })
})
