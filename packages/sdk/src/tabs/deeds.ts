import type { Kinds } from '@tidings/protocol/wire'
import type { Assembled } from '../assembly.ts'
import { isQuery } from '../procedures.ts'
import { given, type Request } from './messages.ts'

/** Calls that change something and may be made twice: signals, marks, which only grow, and what is so or not. */
const HARMLESS = [
  ...['typing.start', 'typing.stop', 'message.delivered', 'message.read'],
  ...['conversation.updatePreference', 'message.react', 'message.hide'],
]

/** Whether another call may be made in the place of one whose outcome nobody knows. */
export function isRepeatableCall(path: string): boolean {
  return isQuery(path) || HARMLESS.includes(path)
}

type Deed<K extends Kinds> = (parts: Assembled<K>, input: unknown) => Promise<unknown>

/** What a tab does for another by its own client. */
export function deedOf<K extends Kinds>({ path }: Request): Deed<K> | undefined {
  const deeds: Readonly<Record<string, Deed<K>>> = {
    call: ({ core }, input) => {
      const call: CallInput = given(input)
      return core.rpc(call.path, call.input)
    },
    connect: ({ core }) => core.connect(),
    'account.register': ({ client }, input) => client.account.register(given(input)),
    'account.login': ({ client }, input) => client.account.login(given(input)),
    'account.refresh': ({ client }) => client.account.refresh(),
    'account.logout': ({ client }) => client.account.logout(),
    'identity.complete': ({ client }, input) => client.identity.complete(given(input)),
    'message.send': ({ core }, input) => core.speaker.send(given(input)),
    'message.retry': ({ client }, input) => client.message.retry(given(input)),
    'message.edit': ({ client }, input) => client.message.edit(given(input)),
    'message.delete': ({ client }, input) => client.message.delete(given(input)),
    'message.discard': ({ client }, input) => client.message.discard(given(input)),
    'message.delivered': ({ client }, input) => client.message.delivered(given(input)),
    'message.read': ({ client }, input) => client.message.read(given(input)),
  }
  return Object.hasOwn(deeds, path) ? deeds[path] : undefined
}

type CallInput = {
  readonly path: Parameters<Assembled<Kinds>['core']['rpc']>[0]
  readonly input: Parameters<Assembled<Kinds>['core']['rpc']>[1]
}
