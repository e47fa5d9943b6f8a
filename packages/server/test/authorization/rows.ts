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
  /** What over a WebSocket comes of it in the stead of `ok`. */
  readonly webSocket?: Expected | undefined
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
const APP = { name: 'An app', redirectUris: ['https://app.example/'] }
const NOT_THERE = { ...NOBODY, ...all('NOT_FOUND') }
const ofApp = (outcomes: Row['outcomes'], more: object = {}) =>
  ({
    input: ({ ownersApp }) => ({ clientId: ownersApp, ...more }),
    outcomes,
    nowhere: (input) => ({ ...input, clientId: NO_ID }),
  }) satisfies Row
/** Nobody of the scene is one. */
const forAdministrators = (input: Row['input']) =>
  ({ input, outcomes: { ...NOBODY, ...all('FORBIDDEN') } }) satisfies Row
const toNeighbour = ({ userIds }: Scene) => ({ userId: userIds.neighbour })
const ofVictim = (outcomes: Row['outcomes']) =>
  ({
    input: (scene) => ({ ...inGroup(scene), userId: scene.userIds.victim }),
    outcomes,
    nowhere: noGroup,
  }) satisfies Row
const NO_CODE = { code: 'c'.repeat(43), verifier: 'v'.repeat(43) }
const DEVICE = { deviceId: 'the device of a test' }

const PULL: Row = {
  input: ({ group, epoch }) => ({ epoch, streams: [{ stream: `m:${group}`, after: 0, tag: 0 }] }),
  outcomes: { ...NOBODY, ...all('events'), stranger: 'gone' },
  nowhere: (input) => ({ ...input, streams: [{ stream: `m:${NO_ID}`, after: 0, tag: 0 }] }),
  look: lookAtPull,
}

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
  'account.logout': {
    input: nothing,
    outcomes: SIGNED_IN,
    endsCaller: true,
    webSocket: 'closed by 4403',
  },
  'account.get': { input: nothing, outcomes: SIGNED_IN },
  'account.changePassword': {
    input: ({ login }) => ({ currentPassword: login.password, newPassword: login.password }),
    outcomes: SIGNED_IN,
    endsCaller: true,
  },

  'account.confirmPassword': {
    input: ({ login }) => ({ password: login.password }),
    outcomes: SIGNED_IN,
    hashes: true,
  },
  'account.requestEmailVerification': {
    input: nothing,
    outcomes: { ...NOBODY, ...all('INVALID_INPUT') },
  },
  'account.verifyEmail': {
    input: () => ({ code: 'not one of ours' }),
    outcomes: {
      anonymous: 'INVALID_CREDENTIALS',
      revoked: 'INVALID_CREDENTIALS',
      ...all('INVALID_CREDENTIALS'),
    },
  },
  'account.requestPasswordReset': {
    input: () => ({ email: `${crypto.randomUUID()}@example.org` }),
    outcomes: ANYBODY,
  },
  'account.resetPassword': {
    input: () => ({ code: 'not one of ours', newPassword: 'long enough' }),
    outcomes: {
      anonymous: 'INVALID_CREDENTIALS',
      revoked: 'INVALID_CREDENTIALS',
      ...all('INVALID_CREDENTIALS'),
    },
  },
  'account.export': { input: () => ({}), outcomes: SIGNED_IN },
  'account.erase': {
    input: ({ login }) => ({ password: login.password }),
    outcomes: SIGNED_IN,
    endsCaller: true,
    webSocket: 'closed by 4403',
  },
  'account.updateProfile': { input: () => ({ displayName: 'Somebody' }), outcomes: SIGNED_IN },
  'account.updatePrivacy': {
    input: () => ({ presenceFor: 'everybody' }),
    outcomes: SIGNED_IN,
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
  'session.createTicket': { input: nothing, outcomes: SIGNED_IN },

  'identity.listProviders': { input: nothing, outcomes: ANYBODY },
  'identity.begin': {
    input: () => ({ provider: 'nowhere', redirectUri: 'http://127.0.0.1/' }),
    outcomes: { anonymous: 'NOT_FOUND', revoked: 'NOT_FOUND', ...all('NOT_FOUND') },
  },
  'identity.complete': {
    input: () => NO_CODE,
    outcomes: {
      anonymous: 'UNAUTHENTICATED',
      revoked: 'UNAUTHENTICATED',
      ...all('UNAUTHENTICATED'),
    },
  },
  'identity.list': { input: nothing, outcomes: SIGNED_IN },
  'identity.link': {
    input: ({ login }) => ({ ...NO_CODE, password: login.password }),
    outcomes: { ...NOBODY, ...all('UNAUTHENTICATED') },
    hashes: true,
  },
  'identity.unlink': {
    input: () => ({ identityId: NO_CODE.code }),
    outcomes: { ...NOBODY, ...all('NOT_FOUND') },
  },

  'user.get': { input: ({ userIds }) => ({ userId: userIds.owner }), outcomes: SIGNED_IN },

  'user.list': { input: ({ userIds }) => ({ userIds: [userIds.owner] }), outcomes: SIGNED_IN },

  'contact.request': { input: toNeighbour, outcomes: SIGNED_IN },
  'contact.accept': { input: toNeighbour, outcomes: { ...NOBODY, ...all('NOT_FOUND') } },
  'contact.decline': { input: toNeighbour, outcomes: SIGNED_IN },
  'contact.remove': { input: toNeighbour, outcomes: SIGNED_IN },
  'contact.list': { input: () => ({}), outcomes: SIGNED_IN },

  'block.create': { input: toNeighbour, outcomes: SIGNED_IN },
  'block.delete': { input: toNeighbour, outcomes: SIGNED_IN },
  'block.list': { input: () => ({}), outcomes: SIGNED_IN },

  'conversation.open': {
    input: ({ userIds }) => ({ userId: userIds.owner }),
    outcomes: SIGNED_IN,
  },
  'conversation.findDirect': {
    input: ({ userIds }) => ({ userId: userIds.owner }),
    outcomes: SIGNED_IN,
  },
  'conversation.get': ofGroup(MEMBERS),
  'conversation.list': { input: () => ({}), outcomes: SIGNED_IN },
  'conversation.countUnread': { input: nothing, outcomes: SIGNED_IN },
  'conversation.updatePreference': ofGroup(MEMBERS, { archived: true }),
  'conversation.hide': { ...ofGroup(MEMBERS), changes: true },
  'conversation.markUnread': ofGroup(MEMBERS, { seq: 1 }),

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
  'group.transfer': {
    input: (scene) => ({ ...inGroup(scene), userId: scene.userIds.victim }),
    outcomes: OWNERS,
    changes: true,
    nowhere: noGroup,
  },
  'group.listMembers': ofGroup(MEMBERS),
  'group.muteMember': ofVictim(STEWARDS),
  'group.unmuteMember': ofVictim(STEWARDS),
  'group.banMember': { ...ofVictim(STEWARDS), changes: true },
  'group.unbanMember': ofVictim(STEWARDS),
  'group.listBans': ofGroup(STEWARDS),
  'group.createInvitation': ofGroup(STEWARDS),
  'group.listInvitations': ofGroup(STEWARDS),
  'group.revokeInvitation': ofGroup(STEWARDS, { invitationId: NO_ID }),
  'group.previewInvitation': {
    input: ({ invitation }) => ({ code: invitation }),
    outcomes: SIGNED_IN,
  },
  'group.acceptInvitation': {
    input: ({ invitation }) => ({ code: invitation }),
    outcomes: { ...SIGNED_IN, removed: 'FORBIDDEN' },
    changes: true,
  },

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
  'message.react': {
    input: (scene) => ({ ...inGroup(scene), messageId: scene.membersMessage, reaction: '👍' }),
    outcomes: MEMBERS,
    changes: true,
    nowhere: noGroup,
  },
  'message.hide': {
    input: (scene) => ({ ...inGroup(scene), messageId: scene.ownersMessage }),
    outcomes: SPECTATORS,
    changes: true,
    nowhere: noGroup,
  },
  'message.get': {
    input: ({ ownersMessage }) => ({ messageId: ownersMessage }),
    outcomes: SPECTATORS,
    nowhere: () => ({ messageId: NO_ID }),
  },
  'message.listVersions': {
    input: (scene) => ({ ...inGroup(scene), messageId: scene.ownersMessage }),
    outcomes: SPECTATORS,
    nowhere: noGroup,
  },
  'message.listDirect': {
    input: () => ({ direction: 'sent' }),
    outcomes: SIGNED_IN,
  },
  'message.delivered': ofGroup(MEMBERS, { seq: 1 }),
  'message.read': ofGroup(MEMBERS, { seq: 1 }),
  'message.list': ofGroup(SPECTATORS),
  'message.listReceipts': ofGroup(MEMBERS, { seq: 1 }),
  'message.search': {
    input: (scene) => ({ ...inGroup(scene), query: 'hello' }),
    outcomes: SPECTATORS,
    nowhere: noGroup,
  },
  'message.countReceipts': ofGroup(MEMBERS, { seq: 1 }),

  'presence.list': {
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

  // Whoever is signed in and no administrator; those are in services/notification.test.ts.
  'notification.send': {
    input: ({ userIds }) => ({
      to: { userIds: [userIds.owner] },
      clientNotificationId: 'once',
      kind: 'news',
      title: 'hello',
    }),
    outcomes: { ...NOBODY, ...all('FORBIDDEN') },
  },
  'notification.list': { input: () => ({}), outcomes: SIGNED_IN },
  'notification.countUnread': { input: nothing, outcomes: SIGNED_IN },
  'notification.read': { input: () => ({ notificationIds: [NO_ID] }), outcomes: SIGNED_IN },
  'notification.remove': { input: () => ({ upTo: 1 }), outcomes: SIGNED_IN },

  'typing.start': ofGroup(MEMBERS),
  'typing.stop': ofGroup(MEMBERS),

  'sync.heads': { input: () => ({}), outcomes: SIGNED_IN },
  'sync.pull': PULL,
  'sync.pullCompact': PULL,
  'sync.since': { input: () => ({}), outcomes: SIGNED_IN },
  'sync.live': { input: () => ({}), outcomes: SIGNED_IN, http: 'METHOD_NOT_SUPPORTED' },

  'oauth.createClient': { input: () => APP, outcomes: SIGNED_IN },
  'oauth.listClients': { input: nothing, outcomes: SIGNED_IN },
  'oauth.listScopes': { input: nothing, outcomes: SIGNED_IN },
  'oauth.getClient': ofApp(OWNER_ALONE),
  'oauth.updateClient': ofApp(OWNER_ALONE, { description: 'another' }),
  'oauth.rotateSecret': ofApp(OWNER_ALONE),
  'oauth.applyForScopes': ofApp(
    { ...OWNER_ALONE, owner: 'WRONG_STATE' },
    { scopes: ['messages:read'], reason: 'to answer' },
  ),
  'oauth.submitClient': { input: () => ({ clientId: NO_ID }), outcomes: NOT_THERE },
  'oauth.deleteClient': { input: () => ({ clientId: NO_ID }), outcomes: NOT_THERE },
  'oauth.listConsents': { input: nothing, outcomes: SIGNED_IN },
  'oauth.revokeConsent': { input: () => ({ consentId: NO_ID }), outcomes: NOT_THERE },

  'admin.listClients': forAdministrators(() => ({})),
  'admin.getClient': forAdministrators(({ ownersApp }) => ({ clientId: ownersApp })),
  'admin.setClientSuspended': forAdministrators(({ ownersApp }) => ({
    clientId: ownersApp,
    suspended: true,
  })),
  'admin.setClientSwitches': forAdministrators(({ ownersApp }) => ({
    clientId: ownersApp,
    legacySwitches: ['no_pkce'],
  })),
  'admin.setClientScopes': forAdministrators(({ ownersApp }) => ({
    clientId: ownersApp,
    scopes: ['messages:read'],
  })),
  'admin.deleteClient': forAdministrators(({ ownersApp }) => ({ clientId: ownersApp })),
  'admin.listReviews': forAdministrators(() => ({})),
  'admin.decideReview': forAdministrators(() => ({ reviewId: NO_ID, decision: 'approve' })),
  'admin.createScope': forAdministrators(() => ({ name: 'a:b', description: 'c' })),
  'admin.updateScope': forAdministrators(() => ({ name: 'messages:read', base: true })),
  'admin.deleteScope': forAdministrators(() => ({ name: 'a:b' })),
  'admin.listUsers': forAdministrators(() => ({})),
  'admin.setUserSuspended': forAdministrators(({ userIds }) => ({
    userId: userIds.victim,
    suspended: true,
  })),
  'admin.signOutUser': forAdministrators(({ userIds }) => ({ userId: userIds.victim })),
  'admin.setUserRole': forAdministrators(({ userIds }) => ({
    userId: userIds.victim,
    role: 'admin',
  })),
  'admin.getSettings': forAdministrators(nothing),
  'admin.updateSettings': forAdministrators(() => ({ codeLifetime: 30 })),
  'admin.listAudit': forAdministrators(() => ({})),
  'admin.claim': forAdministrators(() => ({ token: 'not one of ours' })),
}

function lookAtPull(answer: unknown): string {
  const { streams } = answer as { streams: { events?: unknown[]; reset?: { reason: string } }[] }
  return streams[0]?.reset?.reason ?? 'events'
}
