import type { ActorName } from './actors.ts'
import type { Scene } from './scene.ts'

/** A code of the error table, or what the answer says. */
export type Expected = string

/** One procedure: what each actor gets when he calls it for what is in the scene. */
export interface Row {
  /** What he sends; made anew for each call, since calls change the scene. */
  readonly input: (scene: Scene, actor: ActorName) => unknown
  readonly outcomes: Readonly<Record<ActorName, Expected>>
  /** What over HTTP is different for everybody. */
  readonly http?: Expected | undefined
  /** The call changes who is in the group, or ends something: each caller gets a scene of his own. */
  readonly changes?: true | undefined
  /** Ends the caller's own sessions: made by somebody new, in the stead of all who are signed in. */
  readonly endsCaller?: true | undefined
  /** It hashes a password, which is dear: one who is signed in stands for all of them. */
  readonly hashes?: true | undefined
  /** The same call for something that does not exist: it must be answered like somebody else's. */
  readonly nowhere?: ((input: Record<string, unknown>) => unknown) | undefined
  /** Says more about an answer than that there was one. */
  readonly look?: ((answer: unknown) => string) | undefined
}

const NOBODY = { anonymous: 'UNAUTHENTICATED', revoked: 'SESSION_REVOKED' } as const
const all = (outcome: Expected) => ({
  owner: outcome,
  admin: outcome,
  member: outcome,
  left: outcome,
  removed: outcome,
  stranger: outcome,
})
const OUTSIDE = { left: 'NOT_FOUND', removed: 'NOT_FOUND', stranger: 'NOT_FOUND' } as const

/** Whoever is signed in. */
const SIGNED_IN = { ...NOBODY, ...all('ok') }
const ANYBODY = { anonymous: 'ok', revoked: 'ok', ...all('ok') }
/** Whoever is in the group now. */
const MEMBERS = { ...SIGNED_IN, ...OUTSIDE }
/** Whoever saw some of it. */
const SPECTATORS = { ...SIGNED_IN, stranger: 'NOT_FOUND' }
const STEWARDS = { ...MEMBERS, member: 'FORBIDDEN' }
const OWNERS = { ...STEWARDS, admin: 'FORBIDDEN' }
const OWNER_ALONE = { ...NOBODY, ...all('NOT_FOUND'), owner: 'ok' }

const NO_ID = '00000000-0000-4000-8000-000000000000'
const nothing = () => undefined
const inGroup = ({ group }: Scene) => ({ conversationId: group })
const noGroup = (input: Record<string, unknown>) => ({ ...input, conversationId: NO_ID })
const ofGroup = (outcomes: Row['outcomes'], more: object = {}) =>
  ({
    input: (scene) => ({ ...inGroup(scene), ...more }),
    outcomes,
    nowhere: noGroup,
  }) satisfies Row
const DEVICE = { deviceId: 'the device of a test' }

/** The whole of who may do what. A procedure that is missing here fails the build. */
export const ROWS: Readonly<Record<string, Row>> = {
  'account.register': {
    input: () => ({ username: `new-${crypto.randomUUID().slice(0, 20)}`, password: 'long enough' }),
    outcomes: ANYBODY,
    hashes: true,
  },
  'account.login': { input: ({ login }) => login, outcomes: ANYBODY, hashes: true },
  'account.refresh': {
    input: () => ({ refreshToken: 'not one of ours' }),
    outcomes: {
      anonymous: 'UNAUTHENTICATED',
      revoked: 'UNAUTHENTICATED',
      ...all('UNAUTHENTICATED'),
    },
  },
  'account.logout': { input: nothing, outcomes: SIGNED_IN, endsCaller: true },
  'account.me': { input: nothing, outcomes: SIGNED_IN },
  'account.changePassword': {
    input: ({ login }) => ({ currentPassword: login.password, newPassword: login.password }),
    outcomes: SIGNED_IN,
    endsCaller: true,
  },

  'session.create': { input: () => DEVICE, outcomes: SIGNED_IN, endsCaller: true },
  'session.list': { input: nothing, outcomes: SIGNED_IN },
  'session.rename': {
    input: ({ ownersSession }) => ({ sessionId: ownersSession, name: 'phone' }),
    outcomes: OWNER_ALONE,
    nowhere: (input) => ({ ...input, sessionId: NO_ID }),
  },
  'session.revoke': {
    input: ({ ownersSession }) => ({ sessionId: ownersSession }),
    outcomes: OWNER_ALONE,
    changes: true,
    nowhere: (input) => ({ ...input, sessionId: NO_ID }),
  },
  'session.revokeOthers': { input: nothing, outcomes: SIGNED_IN, endsCaller: true },
  'session.ticket': { input: nothing, outcomes: SIGNED_IN },

  'user.get': { input: ({ userIds }) => ({ userId: userIds.owner }), outcomes: SIGNED_IN },

  'conversation.open': {
    input: ({ userIds }) => ({ userId: userIds.owner }),
    outcomes: { ...SIGNED_IN, owner: 'INVALID_INPUT' },
  },
  'conversation.get': ofGroup(MEMBERS),
  'conversation.list': { input: () => ({}), outcomes: SIGNED_IN },

  'group.create': { input: () => ({ name: 'another' }), outcomes: SIGNED_IN },
  'group.join': {
    ...ofGroup({ ...SIGNED_IN, removed: 'FORBIDDEN', stranger: 'NOT_FOUND' }),
    changes: true,
  },
  'group.leave': { ...ofGroup(SPECTATORS), changes: true },
  'group.addMembers': {
    input: (scene) => ({ ...inGroup(scene), userIds: [scene.userIds.bystander] }),
    outcomes: STEWARDS,
    changes: true,
    nowhere: noGroup,
  },
  'group.removeMember': {
    input: (scene) => ({ ...inGroup(scene), userId: scene.userIds.victim }),
    outcomes: STEWARDS,
    changes: true,
    nowhere: noGroup,
  },
  'group.update': { ...ofGroup(STEWARDS, { name: 'renamed' }), changes: true },
  'group.setRole': {
    input: (scene) => ({ ...inGroup(scene), userId: scene.userIds.victim, role: 'admin' }),
    outcomes: OWNERS,
    changes: true,
    nowhere: noGroup,
  },
  'group.members': ofGroup(MEMBERS),

  'message.send': ofGroup(MEMBERS, { body: { kind: 'text', text: 'hi' } }),
  'message.edit': {
    input: (scene) => ({
      ...inGroup(scene),
      messageId: scene.membersMessage,
      body: { kind: 'text', text: 'edited' },
    }),
    outcomes: { ...MEMBERS, owner: 'FORBIDDEN', admin: 'FORBIDDEN' },
    changes: true,
    nowhere: noGroup,
  },
  'message.delete': {
    input: (scene) => ({ ...inGroup(scene), messageId: scene.ownersMessage }),
    outcomes: STEWARDS,
    changes: true,
    nowhere: noGroup,
  },
  'message.delivered': ofGroup(MEMBERS, { seq: 1 }),
  'message.read': ofGroup(MEMBERS, { seq: 1 }),
  'message.list': ofGroup(SPECTATORS),
  'message.receiptCount': ofGroup(MEMBERS, { seq: 1 }),

  'presence.get': {
    input: ({ userIds }) => ({ userIds: [userIds.witness] }),
    outcomes: {
      ...NOBODY,
      ...all('nothing'),
      owner: 'presence',
      admin: 'presence',
      member: 'presence',
    },
    nowhere: () => ({ userIds: [NO_ID] }),
    look: (answer) => ((answer as unknown[]).length > 0 ? 'presence' : 'nothing'),
  },

  'typing.start': ofGroup(MEMBERS),
  'typing.stop': ofGroup(MEMBERS),

  'sync.heads': { input: () => ({}), outcomes: SIGNED_IN },
  'sync.pull': {
    input: ({ group, epoch }) => ({ epoch, streams: [{ stream: `m:${group}`, after: 0, tag: 0 }] }),
    outcomes: { ...NOBODY, ...all('events'), stranger: 'gone' },
    nowhere: (input) => ({ ...input, streams: [{ stream: `m:${NO_ID}`, after: 0, tag: 0 }] }),
    look: lookAtPull,
  },
  'sync.since': { input: () => ({}), outcomes: SIGNED_IN },
  'sync.live': { input: () => ({}), outcomes: SIGNED_IN, http: 'METHOD_NOT_SUPPORTED' },
}

function lookAtPull(answer: unknown): string {
  const { streams } = answer as { streams: { events?: unknown[]; reset?: { reason: string } }[] }
  return streams[0]?.reset?.reason ?? 'events'
}
