import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { codeOf, type Device } from './device.ts'
import type { Spoken } from './notes.ts'
import type { TalkOrders } from './orders.ts'

/** A device that talks until it is told to stop. */
export interface Talk {
  /** Resolves when everything that was asked for has been answered. */
  hush(): Promise<void>
}

interface Said extends Spoken {
  readonly conversationId: string
  changes: number
  isDeleted: boolean
}

/** Whose outcome the caller finds out by calling again. */
const UNCERTAIN = ['NETWORK', 'UNAVAILABLE', 'UNKNOWN_RETRY', 'STORAGE_FULL', 'CLOSED']
const MOST_GROUPS = 3

/** Lets a device send, edit, delete, read, make groups and, as an owner, put members in and out. */
export function startTalk(device: Device, orders: TalkOrders): Talk {
  const talker = new Talker(device, orders)
  const talking = talker.run()
  return {
    async hush() {
      talker.isOver = true
      await talking
      while (device.waiting() > 0) await pause(10)
    },
  }
}

class Talker {
  readonly #device: Device
  readonly #orders: TalkOrders
  readonly #said: Said[] = []
  readonly #own: string[] = []
  #number = 0
  isOver = false

  constructor(device: Device, orders: TalkOrders) {
    this.#device = device
    this.#orders = orders
  }

  async run(): Promise<void> {
    const { chance } = this.#device
    while (!this.isOver) {
      const burst = Array.from({ length: chance.between(1, this.#orders.burst) }, () => this.#act())
      await Promise.all(burst)
      await pause(chance.between(0, this.#orders.pauseMs))
    }
  }

  #act(): Promise<void> {
    const { places, revolving, isOwner, share } = this.#orders
    if (share !== undefined && this.#device.chance.between(1, 10) <= share)
      return isOwner ? this.#revolve() : this.#say(revolving)
    const place = this.#device.chance.pick([...places, ...places, ...this.#own, revolving])
    const dice = this.#device.chance.next()
    if (dice < 0.74) return this.#say(place)
    if (dice < 0.83) return this.#change(this.#device.chance.next() < 0.7)
    if (dice < 0.95) return this.#read(place)
    if (dice < 0.97) return this.#gather()
    return this.#revolve()
  }

  /** Resolves when it is acknowledged or refused. */
  async #say(conversationId: string): Promise<void> {
    const { client, name, note, until } = this.#device
    this.#number += 1
    const key = `${name}-${this.#orders.boot}-${this.#number}`
    const said: Said = {
      conversationId,
      stream: `m:${conversationId}`,
      key,
      changes: 0,
      isDeleted: false,
    }
    const spoken = { stream: said.stream, key }
    this.#said.push(said)
    note({ kind: 'said', ...spoken })
    const body = { kind: 'text', text: key } as const
    try {
      const sending = client.message.send({ conversationId, clientMessageId: key, body })
      const { seq, tag, duplicate } = await until(`send ${key}`, sending)
      note({ kind: 'ok', ...spoken, seq, tag, duplicate })
    } catch (refusal) {
      const code = codeOf(refusal)
      note({ kind: 'fail', ...spoken, code })
      const isOut = conversationId === this.#orders.revolving && code === 'NOT_FOUND'
      // It may be lost with a copy that was put back; the verdict knows.
      const own = this.#own.indexOf(conversationId)
      const isLost = own !== -1 && code === 'NOT_FOUND'
      if (isLost) this.#own.splice(own, 1)
      const isTakenBack = said.isDeleted && code === 'DISCARDED'
      if (!isOut && !isTakenBack && !isLost) note({ kind: 'broken', what: `send ${key}: ${code}` })
    }
  }

  /** Nobody waits for the answer: the next things go on behind it. */
  async #change(isEdit: boolean): Promise<void> {
    const { client, chance, note, watch } = this.#device
    const { revolving } = this.#orders
    const open = this.#said
      .slice(-12)
      .filter((one) => !one.isDeleted && one.conversationId !== revolving)
    if (open.length === 0) return
    const said = chance.pick(open)
    const { conversationId, key, stream } = said
    said.changes += 1
    said.isDeleted = !isEdit
    const number = said.changes
    const text = isEdit ? `${key} for the ${number}th time` : null
    note({ kind: 'change', stream, key, number, text })
    const target = { conversationId, clientMessageId: key }
    const call =
      text === null
        ? client.message.delete(target)
        : client.message.edit({ ...target, body: { kind: 'text', text } })
    const noted = call.then(() => note({ kind: 'changed', stream, key, number }))
    // An edit of what was taken back before it had left goes with it.
    watch(`change ${number} of ${key}`, noted, said.isDeleted || isEdit ? ['DISCARDED'] : [])
  }

  async #read(conversationId: string): Promise<void> {
    const { client, chance, watch } = this.#device
    const isOut = conversationId === this.#orders.revolving ? ['NOT_FOUND'] : []
    // Now and then further than there is anything to read.
    const isFar = chance.next() < 0.1
    const seq = isFar ? { seq: 1_000_000 } : {}
    watch('read', client.message.read({ conversationId, ...seq }), isOut)
  }

  async #gather(): Promise<void> {
    const { client, chance, watch } = this.#device
    if (this.#own.length >= MOST_GROUPS || this.isOver) return
    const { others } = this.#orders
    const userIds = [...new Set([chance.pick(others), chance.pick(others)])]
    const clientConversationId = randomUUID()
    const make = async (): Promise<void> => {
      // The same id again and again: the group is made once.
      for (;;) {
        try {
          const { id } = await client.group.create({ clientConversationId, name: 'Own', userIds })
          this.#own.push(id)
          return
        } catch (thrown) {
          if (!UNCERTAIN.includes(codeOf(thrown))) throw thrown
          await pause(200)
        }
      }
    }
    watch('group.create', make())
  }

  async #revolve(): Promise<void> {
    const { client, chance, watch } = this.#device
    const { isOwner, others, revolving } = this.#orders
    if (!isOwner) return
    const userId = chance.pick(others)
    const call =
      chance.next() < 0.5
        ? client.group.addMembers({ conversationId: revolving, userIds: [userId] })
        : client.group.removeMember({ conversationId: revolving, userId })
    watch('revolve', call, [...UNCERTAIN, 'NOT_FOUND', 'ALREADY_MEMBER'])
  }
}
