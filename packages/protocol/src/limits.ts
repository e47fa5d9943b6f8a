/**
 * The limits that both sides know. The server may be configured lower in places, never higher than the protocol's own.
 * Lengths named `Bytes` are of UTF-8.
 */
export const LIMITS = {
  /** One HTTP body or WebSocket frame. */
  bodyBytes: 256 * 1024,
  /** The text of one message, or the JSON of an app's own kind. */
  messageBytes: 16 * 1024,
  /** Nesting of JSON. */
  jsonDepth: 32,
  /** Keys of one JSON object. */
  jsonKeys: 64,
  /** Characters of an id, a clientMessageId or a numbered call's id. */
  idLength: 64,
  /** Calls of one tRPC batch over HTTP. */
  batchCalls: 20,
  /** Messages or receipts of one call that takes an array. */
  arrayItems: 100,
  /** Subscriptions open on one WebSocket. */
  subscriptionsPerConnection: 64,
  /** Calls under way on one WebSocket. */
  concurrentCallsPerConnection: 32,
  /** A reader with more than this waiting is skipped until it has drained. */
  bufferedBytes: 256 * 1024,
  /** A reader that has not drained for so long is closed with 1013. */
  slowReaderMs: 30_000,
  /** Time to authenticate after a WebSocket has opened. */
  authenticateMs: 10_000,
  groupMembers: 1000,
  groupNameLength: 100,
  /** Users named in one call of group.create or group.addMembers. */
  addMembers: 50,
  /** Above this size a group has no delivered receipts, and receipts are not pushed. */
  receiptMembers: 100,
  /** User ids carried by conversation.added. */
  addedUserIds: 100,
  usernameLength: 32,
  nameLength: 100,
  emailLength: 254,
  passwordBytes: 256,
  cursorBytes: 64 * 1024,
  pageSize: 100,
  /** Unread messages of a conversation are counted up to here; more are told as this many. */
  unreadCount: 1000,
  headsPage: 1000,
  pullStreams: 100,
  pullEvents: 1000,
  /** A typing signal that is not renewed ends by itself. */
  typingMs: 6000,
  /** User ids of one call of presence.get. */
  presenceUsers: 100,
  /** Above this size a conversation tells nobody who comes online and who goes. */
  presenceMembers: 100,
  /** Of so many of his conversations, the newest, the members are told that somebody has come or gone. */
  presenceConversations: 1000,
  /** So many members in all are looked at for it, at most. */
  presenceAudience: 10_000,
  /** Who is back within this time was never offline. */
  presenceGraceMs: 5000,
  /** Receipts of one conversation are gathered for at most this long. */
  receiptGatherMs: 250,
  /** A connection ticket must be used within this time. */
  ticketMs: 30_000,
} as const
