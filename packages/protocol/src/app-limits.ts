/** Limits of apps and their administration. Apart from the others: a client that has no use for them does not load them. */
export const APP_LIMITS = {
  /** Apps that one user may register, and the redirect URIs of one. */
  clientsPerUser: 50,
  redirectUris: 10,
  clientNameLength: 64,
  /** Scopes of one call, and of one application. */
  scopes: 50,
  /** A description, or a reason, of several lines. */
  proseLength: 1000,
} as const
