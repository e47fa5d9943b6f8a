import type { Check } from '../check.ts'

/** What users have let OAuth clients do. */
export function grantChecks(): readonly Check[] {
  return [sessions, tokens, codes, consents]
}

const sessions: Check = {
  name: 'grant-sessions',
  promise: 'a client acts by a session of its own, and by a consent of that user to that client',
  rules: ['OAU14'],
  broken: `
    select x.key as session_key, x.client_key, x.consent_key
    from sessions x
    left join oauth_clients c on c.key = x.client_key
    left join oauth_consents g on g.key = x.consent_key
    where (x.client_key is not null and (c.key is null or x.scope is null))
      or (x.client_key is null and x.consent_key is not null)
      or (x.consent_key is not null and (
        g.key is null or g.user_key <> x.user_key or g.client_key is distinct from x.client_key))`,
}

const tokens: Check = {
  name: 'grant-tokens',
  promise: "each access token of a client is of the client's own session, or of none",
  rules: ['OAU4'],
  broken: `
    select t.client_key, t.session_key
    from oauth_access_tokens t
    left join oauth_clients c on c.key = t.client_key
    left join sessions x on x.key = t.session_key
    where c.key is null
      or (t.session_key is not null and (x.key is null or x.client_key is distinct from t.client_key))`,
}

const codes: Check = {
  name: 'grant-codes',
  promise: 'an authorization code that was used has given a session by its own consent',
  rules: ['OAU5'],
  broken: `
    select a.consent_key, a.session_key
    from oauth_authorization_codes a
    left join oauth_consents g on g.key = a.consent_key
    left join sessions x on x.key = a.session_key
    where g.key is null
      or (a.used_at is null and a.session_key is not null)
      or (a.used_at is not null and (x.key is null or x.consent_key is distinct from a.consent_key))`,
}

const consents: Check = {
  name: 'consent-parents',
  promise: 'each consent is of a user to a client, and is limited to conversations or not at all',
  rules: ['OAU17'],
  broken: `
    select g.key as consent_key, g.user_key, g.client_key
    from oauth_consents g
    left join users u on u.key = g.user_key
    left join oauth_clients c on c.key = g.client_key
    left join oauth_consent_conversations l on l.consent_key = g.key
    where u.key is null or c.key is null or (g.limited = 0 and l.consent_key is not null)
    group by g.key, g.user_key, g.client_key`,
}
