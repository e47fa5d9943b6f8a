import type { ErrorCode, HistoryPolicy, JoinPolicy, Role } from '@tidings/protocol/wire'
import type { MemberState } from '../../src/stores/member.ts'

/** A member as the model has him. `since` grows with every coming in: the lower, the longer he serves. */
export interface ModelMember {
  role: Role
  state: MemberState
  since: number
  readSeq: number
  spans: { from: number; to: number | null }[]
}

/** What somebody tries to do to the group. */
export type Step =
  | { readonly do: 'join' | 'leave' | 'say'; readonly by: number }
  | { readonly do: 'add'; readonly by: number; readonly whom: readonly number[] }
  | { readonly do: 'remove'; readonly by: number; readonly who: number }
  | { readonly do: 'role'; readonly by: number; readonly who: number; readonly role: Role }
  | {
      readonly do: 'update'
      readonly by: number
      readonly joinPolicy: JoinPolicy
      readonly history: HistoryPolicy
    }

/** How a step ends. */
export type Outcome = 'done' | ErrorCode

/** The rules of a group in the plainest words: users are numbers in the order of their keys, the first one creates it. */
export class GroupModel {
  readonly members = new Map<number, ModelMember>()
  joinPolicy: JoinPolicy = 'invite'
  history: HistoryPolicy = 'joined'
  head = 0
  #arrivals = 0

  constructor(people: readonly number[]) {
    for (const who of people) {
      const role = who === 0 ? 'owner' : 'member'
      const spans = [{ from: 1, to: null }]
      this.members.set(who, { role, state: 'active', since: who, readSeq: 0, spans })
    }
    this.#arrivals = 100
  }

  apply(step: Step): Outcome {
    switch (step.do) {
      case 'join':
        return this.#join(step.by)
      case 'leave':
        return this.#leave(step.by)
      case 'say':
        if (!this.#active(step.by)) return 'NOT_FOUND'
        this.head += 1
        return 'done'
      case 'add':
        return this.#steward(step.by, () => {
          for (const who of new Set(step.whom)) if (!this.#active(who)) this.#comeIn(who)
          return 'done'
        })
      case 'remove':
        if (step.by === step.who) return this.#leave(step.by)
        return this.#steward(step.by, (own) => this.#remove(own, step.who))
      case 'role':
        return this.#give(step)
      case 'update':
        return this.#steward(step.by, () => this.#update(step))
    }
  }

  #active(who: number): ModelMember | undefined {
    const member = this.members.get(who)
    return member?.state === 'active' ? member : undefined
  }

  #steward(who: number, work: (own: ModelMember) => Outcome): Outcome {
    const own = this.#active(who)
    if (own === undefined) return 'NOT_FOUND'
    return own.role === 'member' ? 'FORBIDDEN' : work(own)
  }

  #join(who: number): Outcome {
    const member = this.members.get(who)
    if (member?.state === 'active') return 'done'
    if (member?.state === 'removed') return 'FORBIDDEN'
    if (member === undefined && this.joinPolicy === 'invite') return 'NOT_FOUND'
    this.#comeIn(who)
    return 'done'
  }

  #comeIn(who: number): void {
    const empty = ![...this.members.values()].some(({ state }) => state === 'active')
    const spans = this.members.get(who)?.spans ?? []
    this.head += 1
    const from = this.history === 'all' ? (spans.at(-1)?.to ?? 0) + 1 : this.head + 1
    if (empty) this.head += 1
    this.#arrivals += 1
    this.members.set(who, {
      role: empty ? 'owner' : 'member',
      state: 'active',
      since: this.#arrivals,
      readSeq: from - 1,
      spans: [...spans, { from, to: null }],
    })
  }

  #leave(who: number): Outcome {
    const member = this.members.get(who)
    if (member === undefined) return 'NOT_FOUND'
    if (member.state !== 'active') return 'done'
    const owned = member.role === 'owner'
    this.#goOut(member, 'left')
    const heir = this.#senior()
    if (owned && heir !== undefined && heir.role !== 'owner') {
      heir.role = 'owner'
      this.head += 1
    }
    return 'done'
  }

  #senior(): ModelMember | undefined {
    const rank = { owner: 0, admin: 1, member: 2 } as const
    return [...this.members.values()]
      .filter(({ state }) => state === 'active')
      .sort((one, other) => rank[one.role] - rank[other.role] || one.since - other.since)[0]
  }

  #goOut(member: ModelMember, state: MemberState): void {
    this.head += 1
    const span = member.spans.at(-1)
    if (span !== undefined) span.to = this.head
    member.role = 'member'
    member.state = state
  }

  #remove(own: ModelMember, who: number): Outcome {
    const member = this.members.get(who)
    if (member === undefined) return 'NOT_FOUND'
    if (member.state !== 'active') member.state = 'removed'
    else if (own.role === 'admin' && member.role !== 'member') return 'FORBIDDEN'
    else this.#goOut(member, 'removed')
    return 'done'
  }

  #give(step: Step & { do: 'role' }): Outcome {
    const own = this.#active(step.by)
    if (own === undefined) return 'NOT_FOUND'
    if (own.role !== 'owner') return 'FORBIDDEN'
    const member = this.#active(step.who)
    if (member === undefined) return 'NOT_FOUND'
    if (member.role === step.role) return 'done'
    const owners = [...this.members.values()].filter(({ role }) => role === 'owner')
    if (member.role === 'owner' && owners.length === 1) return 'LAST_OWNER'
    member.role = step.role
    this.head += 1
    return 'done'
  }

  #update(step: Step & { do: 'update' }): Outcome {
    if (step.joinPolicy === this.joinPolicy && step.history === this.history) return 'done'
    this.joinPolicy = step.joinPolicy
    this.history = step.history
    this.head += 1
    return 'done'
  }
}
