import type { Credentials } from '@tidings/sdk'

/** True for an object that is no array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const TEXTS = ['sessionId', 'accessToken', 'refreshToken'] as const
const TIMES = ['accessTokenExpiresAt', 'refreshTokenExpiresAt'] as const

/** True for a sign-in as the server gave it. */
export function isCredentials(value: unknown): value is Credentials {
  if (!isRecord(value) || !isRecord(value['user'])) return false
  const { user } = value
  return (
    typeof user['id'] === 'string' &&
    typeof user['username'] === 'string' &&
    TEXTS.every((name) => typeof value[name] === 'string') &&
    TIMES.every((name) => typeof value[name] === 'number')
  )
}
