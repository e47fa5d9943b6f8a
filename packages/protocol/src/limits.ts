import { CLIENT_LIMITS } from './client-limits.ts'

/**
 * The limits that both sides know. The server may be configured lower in places, never higher than the protocol's own.
 * Lengths named `Bytes` are of UTF-8.
 */
export const LIMITS = {
  ...CLIENT_LIMITS,
  /** Users mentioned by one message. */
  mentions: 50,
  /** One reaction. */
  reactionBytes: 32,
  /** Different reactions to one message. */
  messageReactions: 20,
  /** Pages of a list of direct messages; beyond them there is the cursor. */
  directPages: 20,
  /** Characters of an id, a clientMessageId or a numbered call's id. */
  idLength: 64,
  /** Subscriptions open on one WebSocket. */
  subscriptionsPerConnection: 64,
  /** A reader with more than this waiting is skipped until it has drained. */
  bufferedBytes: 256 * 1024,
  /** A reader that has not drained for so long is closed with 1013. */
  slowReaderMs: 30_000,
  groupMembers: 1000,
  groupNameLength: 100,
  /** The app's own data of a conversation, and of one member's preference: JSON. */
  conversationDataBytes: 4 * 1024,
  /** Users named in one call of group.create or group.addMembers. */
  addMembers: 50,
  /** Codes of invitation that a group may have open. */
  groupInvitations: 100,
  /** Users whom a group may have banned. */
  groupBans: 10_000,
  usernameLength: 32,
  nameLength: 100,
  emailLength: 254,
  aboutLength: 500,
  /** User ids of one call of user.list. */
  profileUsers: 100,
  /** Contacts of a user. */
  contacts: 5000,
  /** Requests of a user that nobody has answered, and such that wait for him. */
  contactRequests: 500,
  /** Users whom a user may have blocked. */
  blocks: 5000,
  passwordBytes: 256,
  cursorBytes: 64 * 1024,
  /** Characters of the cursor of a page. */
  pageCursorLength: 512,
  /** Entries that a page asked for by its number may lie behind the first one. */
  pageOffset: 10_000,
  headsPage: 1000,
  pullStreams: 100,
  pullEvents: 1000,
  /** User ids of one call of presence.list. */
  presenceUsers: 100,
  /** Above this size a conversation tells nobody who comes online and who goes. */
  presenceMembers: 100,
  /** Characters of what is searched for. */
  searchLength: 256,
  /** Words of it. */
  searchWords: 16,
  /** Messages of one page of what was found. */
  searchPageSize: 50,
  notificationTitleLength: 200,
  /** The text of a notification. */
  notificationBodyBytes: 4 * 1024,
  /** The JSON that an app adds to a notification. */
  notificationDataBytes: 4 * 1024,
  /** Users named in one call of notification.send, and notifications named in one call that reads or removes them. */
  notificationUsers: 100,
} as const
