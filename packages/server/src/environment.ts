import { LIMITS } from '@tidings/protocol/wire'
import * as z from 'zod'
import { LOG_LEVELS } from './logger.ts'
import { providerProblems, readProviders } from './sign-in-providers.ts'

const SECRET_MIN_LENGTH = 32

/** What can carry hints between nodes. */
export const BROKERS = ['none', 'postgres', 'redis'] as const

function whole(min: number, max: number): z.ZodType<number, string> {
  const message = `must be a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,12}$/, message)
    .transform(Number)
    .pipe(z.int().min(min, message).max(max, message))
}

const onOff = z
  .enum(['on', 'off', 'true', 'false', '1', '0'], 'must be "on" or "off"')
  .transform((value) => value === 'on' || value === 'true' || value === '1')

function list(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function isUrl(value: string, protocols: readonly string[]): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined
  return url !== undefined && protocols.includes(url.protocol) && url.hostname !== ''
}

function isPublicUrl(value: string): boolean {
  if (!isUrl(value, ['http:', 'https:'])) return false
  const url = new URL(value)
  return url.search === '' && url.hash === '' && url.username === '' && url.password === ''
}

const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*]+$/

/** As a browser sends it: without the scheme's own port, and in ASCII. A scheme that URL does not know stays as it is. */
function canonicalOrigin(origin: string): string {
  const canonical = new URL(origin).origin
  return canonical === 'null' ? origin : canonical
}

const codeLink = z
  .string()
  .refine(
    (url) => isUrl(url, ['http:', 'https:']) && url.includes('{code}'),
    'must be an http or https link with {code} in it',
  )

const limit = whole(1, 1_000_000)

/** The environment, name by name. Messages never repeat a value: it may be a secret in the wrong place. */
export const environmentSchema = z.object({
  PORT: whole(0, 65_535).optional(),
  HOST: z
    .string()
    .regex(/^[\w.:[\]-]+$/, 'must be a host name or an address')
    .optional(),
  PUBLIC_URL: z
    .string()
    .refine(isPublicUrl, 'must be an http or https URL without query, fragment or password')
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  ALLOWED_ORIGINS: z
    .string()
    .transform((value) => list(value).map((origin) => origin.toLowerCase().replace(/\/$/, '')))
    .refine(
      (origins) => origins.every((origin) => ORIGIN.test(origin) && URL.canParse(origin)),
      'must be origins such as https://app.example.com, separated by commas',
    )
    .transform((origins) => origins.map(canonicalOrigin))
    .optional(),
  TRUST_PROXY: z
    .string()
    .transform((value) => ({ true: '1', false: '0' })[value] ?? value)
    .pipe(whole(0, 10))
    .optional(),
  DATABASE_URL: z
    .string()
    .refine(
      (url) => /^file:./.test(url) || isUrl(url, ['postgres:', 'postgresql:']),
      'must be file:<path> or postgres://<user>:<password>@<host>/<database>',
    )
    .optional(),
  REDIS_URL: z
    .string()
    .refine((url) => isUrl(url, ['redis:', 'rediss:']), 'must be redis://<host>:<port>')
    .optional(),
  BROKER: z.enum(BROKERS, `must be one of ${BROKERS.join(', ')}`).optional(),
  TIDINGS_SECRET: z
    .string()
    .transform(list)
    .refine((secrets) => secrets.length > 0, 'must not be empty')
    .refine(
      (secrets) => secrets.every((secret) => secret.length >= SECRET_MIN_LENGTH),
      `each secret must have at least ${SECRET_MIN_LENGTH} characters (openssl rand -hex 32)`,
    )
    .optional(),
  PASSWORD_MIN_LENGTH: whole(1, 128).optional(),
  REGISTRATION: z.enum(['open', 'closed'], 'must be "open" or "closed"').optional(),
  SMTP_URL: z
    .string()
    .refine(
      (url) => isUrl(url, ['smtp:', 'smtps:']),
      'must be smtp://<user>:<password>@<host>:<port>',
    )
    .optional(),
  MAIL_FROM: z
    .string()
    .regex(/^[^\r\n]{3,200}$/, 'must be an address, or a name and an address')
    .refine((from) => from.includes('@'), 'must be an address, or a name and an address')
    .optional(),
  VERIFY_URL: codeLink.optional(),
  RESET_URL: codeLink.optional(),
  PLAYGROUND: onOff.optional(),
  OAUTH_PROVIDERS: z
    .string()
    .transform((json, context) => {
      const read = readProviders(json)
      const problems = read === undefined ? ['must be a list in JSON'] : providerProblems(read)
      for (const message of problems) context.addIssue({ code: 'custom', message })
      return read ?? []
    })
    .optional(),
  EXTERNAL_TOKENS_ISSUER: z.string().optional(),
  EXTERNAL_TOKENS_AUDIENCE: z.string().optional(),
  EXTERNAL_TOKENS_JWKS_URI: z.string().optional(),
  EXTERNAL_TOKENS_SECRET: z.string().optional(),
  EXTERNAL_TOKENS_USER_CLAIM: z.string().optional(),
  EXTERNAL_TOKENS_NAME_CLAIM: z.string().optional(),
  METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).optional(),
  LIMIT_CALLS_PER_SECOND: limit.optional(),
  LIMIT_CALLS_BURST: limit.optional(),
  LIMIT_MESSAGES_PER_SECOND: limit.optional(),
  LIMIT_MESSAGES_BURST: whole(LIMITS.arrayItems, 1_000_000).optional(),
  LIMIT_IP_CALLS_PER_SECOND: limit.optional(),
  LIMIT_IP_CALLS_BURST: limit.optional(),
  LIMIT_CONNECTIONS_PER_USER: limit.optional(),
  LIMIT_CONNECTIONS_PER_IP: limit.optional(),
  LIMIT_LOGIN_FAILURES: limit.optional(),
  LIMIT_LOGIN_FAILURES_PER_IP: limit.optional(),
  LIMIT_REGISTRATIONS_PER_IP: limit.optional(),
})
