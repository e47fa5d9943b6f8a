/** What Tidings' own scopes let a client do, in words for the consent page. An administrator may add others. */
export const SCOPES = {
  'account:read': 'See your name, your e-mail address and since when you are here',
  'users:read': 'Look up other people by name',
  'presence:read': 'See who of your conversations is online',
  'conversations:read': 'See your conversations and who is in them',
  'conversations:write': 'Open conversations, make groups and change yours, in your name',
  'messages:read': 'Read your messages and the receipts of them, now and when they come',
  'messages:send': 'Send, edit and delete messages, give reactions and say what you have read',
  'notify:send': 'Send notifications to everybody here',
  'messages:send_as': 'Send and read messages in the name of anybody, without asking',
  'tokens:introspect': 'See what the access tokens of all applications stand for',
} as const

/** A scope that Tidings itself knows. */
export type Scope = keyof typeof SCOPES

/** Those that every client has at first; an administrator may change that. */
export const BASE_SCOPES: readonly Scope[] = ['account:read', 'users:read']

/** Those that nobody can apply for: an administrator gives them to a client, and it is written down. */
export const RESTRICTED_SCOPES: readonly Scope[] = [
  'messages:send_as',
  'notify:send',
  'tokens:introspect',
]

/** Ways to a token, in the words of RFC 6749. */
export const OAUTH_GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'password',
  'implicit',
] as const
/** A way to a token. `password` and `implicit` need a client's {@link LegacySwitch} besides. */
export type OAuthGrantType = (typeof OAUTH_GRANT_TYPES)[number]

/**
 * What older systems did and today's standards forbid: off for every client until an administrator says otherwise, and
 * then only on the older systems' own paths.
 */
export const LEGACY_SWITCHES = [
  'password',
  'implicit',
  'implicit_query',
  'no_pkce',
  'secret_in_query',
  'double_encoded_redirect',
] as const
/** One of them. */
export type LegacySwitch = (typeof LEGACY_SWITCHES)[number]

/** What has become of a client, besides being suspended. Before it is approved it works for its creator alone. */
export type OAuthClientState = 'draft' | 'submitted' | 'approved' | 'rejected'
