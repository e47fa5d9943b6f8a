/** Those of {@link LIMITS} that a client reckons with itself: of the others it loads nothing. */
export const CLIENT_LIMITS = {
  /** One HTTP body or WebSocket frame. */
  bodyBytes: 256 * 1024,
  /** The text of one message, or the JSON of an app's own kind. */
  messageBytes: 16 * 1024,
  /** The text beside an image or a video. */
  captionBytes: 4096,
  /** A link: of an image, a video, a picture, a notification, an app. */
  linkBytes: 2048,
  /** Width and height of an image. */
  imagePixels: 100_000,
  /** Length of a video. */
  videoSeconds: 1_000_000,
  /** Nesting of JSON. */
  jsonDepth: 32,
  /** Keys of one JSON object. */
  jsonKeys: 64,
  /** Calls of one tRPC batch over HTTP. */
  batchCalls: 20,
  /** Messages or receipts of one call that takes an array. */
  arrayItems: 100,
  /** Calls under way on one WebSocket. */
  concurrentCallsPerConnection: 32,
  /** Above this size a group has no delivered receipts, and receipts are not pushed. */
  receiptMembers: 100,
  pageSize: 100,
  /** Unread messages of a conversation are counted up to here; more are told as this many. */
  unreadCount: 1000,
  /** A typing signal that is not renewed ends by itself. */
  typingMs: 6000,
} as const
