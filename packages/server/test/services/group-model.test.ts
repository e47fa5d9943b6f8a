import { isTidingsError } from '@tidings/protocol/wire'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Actor } from '../../src/services/actor.ts'
import { addMembers } from '../../src/services/group/add-members.ts'
import { joinGroup } from '../../src/services/group/join.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { removeMember } from '../../src/services/group/remove-member.ts'
import { setRole } from '../../src/services/group/set-role.ts'
import { updateGroup } from '../../src/services/group/update.ts'
import { describeEngines } from '../support/databases.ts'
import { runsOf } from '../support/runs.ts'
import {
  addedOf,
  eventsOf,
  expectSound,
  openWorld,
  say,
  seenBy,
  type StoredMember,
  type World,
} from './conversation-world.ts'
import { newGroup } from './group-calls.ts'
import { GroupModel, type Outcome, type Step } from './group-model.ts'

const NAMES = ['ann', 'bob', 'cat', 'dan', 'eve'] as const

const user = fc.nat(NAMES.length - 1)
// Who founded the group does half of what takes a role: otherwise most steps would only be refused.
const steward = fc.oneof(fc.constant(0), user)
const role = fc.constantFrom('owner' as const, 'admin' as const, 'member' as const)
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('join' as const, 'leave' as const, 'say' as const), by: user }),
  fc.record({
    do: fc.constant('add' as const),
    by: steward,
    whom: fc.array(user, { minLength: 1 }),
  }),
  fc.record({ do: fc.constant('remove' as const), by: steward, who: user }),
  fc.record({ do: fc.constant('role' as const), by: steward, who: user, role }),
  fc.record({
    do: fc.constant('update' as const),
    by: steward,
    joinPolicy: fc.constantFrom('open' as const, 'invite' as const),
    history: fc.constantFrom('all' as const, 'joined' as const),
  }),
)

describeEngines('group model', (engine) => {
  test(
    '[CNV14] whatever people do to a group, the tables, the spans and the events all tell what the rules say',
    { timeout: 120_000 },
    async () => {
      await using world = await openWorld(engine, NAMES)
      const people = [...Object.values(world.users)].sort(
        (one, other) => one.userKey - other.userKey,
      )
      const sequences = fc.array(stepArbitrary, { minLength: 1, maxLength: 25 })
      const property = fc.asyncProperty(fc.subarray([1, 2, 3]), sequences, (others, steps) =>
        runAgainstModel(world, people, { others, steps }),
      )
      await fc.assert(property, {
        numRuns: runsOf({ everyDay: 10, long: engine === 'sqlite' ? 60 : 20 }),
      })
    },
  )
})

async function runAgainstModel(
  world: World<string>,
  people: readonly Actor[],
  run: { readonly others: readonly number[]; readonly steps: readonly Step[] },
): Promise<void> {
  const creator = at(people, 0)
  const others = run.others.map((index) => at(people, index))
  const { id } = await newGroup(world, [creator, ...others])
  const told = new Map<string, number>()
  for (const actor of people) told.set(actor.userId, (await addedOf(world, actor)).length)
  const model = new GroupModel([0, ...run.others])
  const made = { creatorId: creator.userId, userIds: others.map(({ userId }) => userId) }
  for (const step of run.steps) {
    const expected = model.apply(step)
    expect(await perform(world, people, { id, step }), JSON.stringify(step)).toBe(expected)
    const stored = await expectSound(world, id, made)
    for (const [index, actor] of people.entries()) {
      expect(comparable(stored.get(actor.userId)), JSON.stringify(step)).toEqual(
        comparable(model.members.get(index)),
      )
    }
  }
  await expectWhatEachSees(world, people, { id, model })
  const joins = (await eventsOf(world, `m:${id}`)).flatMap(({ type, body }) =>
    type === 'member.joined' ? [body.userId] : [],
  )
  for (const actor of people) {
    const heard = (await addedOf(world, actor)).length - (told.get(actor.userId) ?? 0)
    expect(heard).toBe(joins.filter((userId) => userId === actor.userId).length)
  }
}

async function expectWhatEachSees(
  world: World<string>,
  people: readonly Actor[],
  { id, model }: { readonly id: string; readonly model: GroupModel },
): Promise<void> {
  expect(await eventsOf(world, `m:${id}`)).toHaveLength(model.head)
  const seqs = Array.from({ length: model.head }, (_, index) => index + 1)
  for (const [index, actor] of people.entries()) {
    const spans = model.members.get(index)?.spans
    const visible = seqs.filter((seq) =>
      spans?.some(({ from, to }) => from <= seq && seq <= (to ?? model.head)),
    )
    const seen = await seenBy(world, actor, `m:${id}`)
    expect(seen?.map(({ seq }) => seq)).toEqual(spans === undefined ? undefined : visible)
  }
}

function comparable(
  member: Pick<StoredMember, 'role' | 'state' | 'spans' | 'readSeq'> | undefined,
) {
  if (member === undefined) return undefined
  const { role: has, state, spans, readSeq } = member
  return { role: has, state, spans, readSeq }
}

async function perform(
  world: World<string>,
  people: readonly Actor[],
  { id, step }: { readonly id: string; readonly step: Step },
): Promise<Outcome> {
  try {
    await call(world, people, { id, step })
    return 'done'
  } catch (error) {
    if (isTidingsError(error)) return error.code
    throw error
  }
}

function call(
  world: World<string>,
  people: readonly Actor[],
  { id, step }: { readonly id: string; readonly step: Step },
): Promise<unknown> {
  const { deps } = world
  const actor = at(people, step.by)
  const place = { conversationId: id }
  switch (step.do) {
    case 'join':
      return joinGroup(deps, actor, place)
    case 'leave':
      return leaveGroup(deps, actor, place)
    case 'say':
      return say(world, actor, id)
    case 'add': {
      const userIds = step.whom.map((index) => at(people, index).userId)
      return addMembers(deps, actor, { ...place, userIds })
    }
    case 'remove':
      return removeMember(deps, actor, { ...place, userId: at(people, step.who).userId })
    case 'role':
      return setRole(deps, actor, {
        ...place,
        userId: at(people, step.who).userId,
        role: step.role,
      })
    case 'update': {
      const { joinPolicy, history } = step
      return updateGroup(deps, actor, { ...place, joinPolicy, history })
    }
  }
}

function at(people: readonly Actor[], index: number): Actor {
  const actor = people[index]
  if (actor === undefined) throw new Error(`no user ${index}`)
  return actor
}
