import {
  TidingsError,
  type ItemError,
  type MarkInput,
  type ReadMarkInput,
  type SendInput,
} from '@tidings/protocol/wire'
import { toWire } from './lane.ts'
import type { SendOutcomes } from './outbox.ts'
import type { MarkCall, MarkOutcomes } from './receipts.ts'
import type { Rpc } from './rpc.ts'
import type { OutboxRow } from './store/rows.ts'

/** Sends one message or several in one call. */
export function sendAll(rpc: Rpc): (inputs: readonly SendInput[]) => Promise<SendOutcomes> {
  return (inputs) =>
    rpc('message.send', oneOrMany(inputs)).then((output) =>
      manyOf(output).map((item) => ('error' in item ? toError(item) : item)),
    )
}

/** Sends one mark or several in one call. */
export function markAll(rpc: Rpc): (call: MarkCall) => Promise<MarkOutcomes> {
  return async ({ kind, marks, late }) => {
    const output =
      kind === 'delivered'
        ? await rpc('message.delivered', oneOrMany(late ? marks.map(asLate) : marks))
        : await rpc('message.read', oneOrMany(kind === 'read' ? marks : marks.map(asPrivate)))
    return manyOf(output).map((item) => ('error' in item ? toError(item) : undefined))
  }
}

/** Edits or deletes one message. */
export function changeOne(rpc: Rpc): (row: OutboxRow) => Promise<unknown> {
  return ({ conversationId, messageId, clientMessageId, body, beside = {} }) => {
    const message =
      messageId === undefined ? { conversationId, clientMessageId } : { conversationId, messageId }
    return body === undefined
      ? rpc('message.delete', message)
      : rpc('message.edit', { ...message, body, ...toWire<string>({ mentions: beside.mentions }) })
  }
}

function asLate(mark: MarkInput): MarkInput {
  return { ...mark, late: true }
}

function asPrivate(mark: MarkInput): ReadMarkInput {
  return { ...mark, private: true }
}

function oneOrMany<Item>(items: readonly Item[]): Item | Item[] {
  const [first] = items
  return items.length === 1 && first !== undefined ? first : [...items]
}

function manyOf<Item>(output: Item | Item[]): readonly Item[] {
  return Array.isArray(output) ? output : [output]
}

function toError({ error: { code, message } }: ItemError): TidingsError {
  return new TidingsError(code, message)
}
