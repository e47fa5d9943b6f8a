import { expect, test } from 'vitest'
import { ConfigError, defaultPublicUrl, isLoopback, resolveConfig } from '../src/config.ts'
import { loadConfig } from '../src/load-config.ts'
import { environmentSchema } from '../src/environment.ts'

const SECRET = 's3cret-'.repeat(6)

const PROVIDER = {
  name: 'example',
  issuer: 'https://accounts.example.com',
  clientId: 'tidings',
  clientSecret: 'canary',
}

function configOf(environment: Record<string, string>) {
  const loaded = loadConfig(environment)
  if (loaded.problems !== undefined) throw new Error(loaded.problems.join('\n'))
  return loaded.config
}

const problemsOf = (environment: Record<string, string>) => loadConfig(environment).problems

test('[CFG1] with no environment at all there is a configuration for one machine', () => {
  expect(configOf({})).toEqual({
    host: '127.0.0.1',
    port: 3000,
    publicUrl: 'http://127.0.0.1:3000',
    allowedOrigins: [],
    trustProxy: 0,
    databaseUrl: 'file:./data/tidings.db',
    redisUrl: undefined,
    broker: 'none',
    secrets: [],
    passwordMinLength: 8,
    registration: 'open',
    smtpUrl: undefined,
    mailFrom: 'Tidings <no-reply@127.0.0.1>',
    verifyUrl: undefined,
    resetUrl: undefined,
    externalTokens: undefined,
    providers: [],
    playground: true,
    metricsToken: undefined,
    logLevel: 'info',
    limits: expect.objectContaining({ callsPerSecond: 200, loginFailures: 6 }),
  })
  expect(resolveConfig()).toEqual(configOf({}))
})

test('[CFG1] every variable reaches its setting', () => {
  const environment = {
    PORT: '8080',
    HOST: '0.0.0.0',
    PUBLIC_URL: 'https://chat.example.com/base/',
    ALLOWED_ORIGINS: 'https://App.example.com/, http://localhost:5173,capacitor://localhost',
    TRUST_PROXY: '2',
    DATABASE_URL: 'postgres://tidings:pw@db.internal:5432/tidings',
    REDIS_URL: 'rediss://cache:6380',
    BROKER: 'redis',
    TIDINGS_SECRET: `${SECRET}new, ${SECRET}old`,
    PASSWORD_MIN_LENGTH: '4',
    REGISTRATION: 'closed',
    SMTP_URL: 'smtps://tidings:pw@mail.internal:465',
    MAIL_FROM: 'Chat <chat@example.com>',
    VERIFY_URL: 'https://app.example.com/verify#{code}',
    RESET_URL: 'https://app.example.com/reset#{code}',
    EXTERNAL_TOKENS_ISSUER: 'https://app.example.com',
    EXTERNAL_TOKENS_AUDIENCE: 'tidings',
    EXTERNAL_TOKENS_JWKS_URI: 'https://app.example.com/jwks',
    EXTERNAL_TOKENS_USER_CLAIM: 'uid',
    EXTERNAL_TOKENS_NAME_CLAIM: 'nick',
    OAUTH_PROVIDERS: JSON.stringify([PROVIDER]),
    PLAYGROUND: 'on',
    METRICS_TOKEN: 'm'.repeat(16),
    LOG_LEVEL: 'warn',
    LIMIT_CALLS_PER_SECOND: '1',
    LIMIT_CALLS_BURST: '2',
    LIMIT_MESSAGES_PER_SECOND: '3',
    LIMIT_MESSAGES_BURST: '400',
    LIMIT_IP_CALLS_PER_SECOND: '5',
    LIMIT_IP_CALLS_BURST: '6',
    LIMIT_LOGIN_FAILURES: '7',
    LIMIT_LOGIN_FAILURES_PER_IP: '8',
    LIMIT_REGISTRATIONS_PER_IP: '9',
    LIMIT_CONNECTIONS_PER_USER: '10',
    LIMIT_CONNECTIONS_PER_IP: '11',
  }
  // Which is in place of the published keys.
  const names = [...Object.keys(environment), 'EXTERNAL_TOKENS_SECRET']
  expect(names.toSorted()).toEqual(Object.keys(environmentSchema.shape).toSorted())
  expect(configOf(environment)).toEqual({
    port: 8080,
    host: '0.0.0.0',
    publicUrl: 'https://chat.example.com/base',
    allowedOrigins: ['https://app.example.com', 'http://localhost:5173', 'capacitor://localhost'],
    trustProxy: 2,
    databaseUrl: 'postgres://tidings:pw@db.internal:5432/tidings',
    redisUrl: 'rediss://cache:6380',
    broker: 'redis',
    secrets: [`${SECRET}new`, `${SECRET}old`],
    passwordMinLength: 4,
    registration: 'closed',
    smtpUrl: 'smtps://tidings:pw@mail.internal:465',
    mailFrom: 'Chat <chat@example.com>',
    verifyUrl: 'https://app.example.com/verify#{code}',
    resetUrl: 'https://app.example.com/reset#{code}',
    externalTokens: {
      issuer: 'https://app.example.com',
      audience: 'tidings',
      jwksUri: 'https://app.example.com/jwks',
      secret: undefined,
      userClaim: 'uid',
      nameClaim: 'nick',
    },
    providers: [PROVIDER],
    playground: true,
    metricsToken: 'm'.repeat(16),
    logLevel: 'warn',
    limits: {
      callsPerSecond: 1,
      callsBurst: 2,
      messagesPerSecond: 3,
      messagesBurst: 400,
      ipCallsPerSecond: 5,
      ipCallsBurst: 6,
      loginFailures: 7,
      loginFailuresPerIp: 8,
      registrationsPerIp: 9,
      connectionsPerUser: 10,
      connectionsPerIp: 11,
    },
  })
})

test('[IDP12] providers are a list in JSON, and what is wrong in it is told without a value', () => {
  const list = (...all: unknown[]) => ({ OAUTH_PROVIDERS: JSON.stringify(all) })
  expect(configOf(list(PROVIDER)).providers).toEqual([PROVIDER])
  const other = { ...PROVIDER, name: 'other', issuer: 'https://other.example.com' }
  expect(configOf(list(PROVIDER, other)).providers).toHaveLength(2)
  const wrong: readonly Record<string, string>[] = [
    { OAUTH_PROVIDERS: 'canary' },
    { OAUTH_PROVIDERS: '{}' },
    list('canary'),
    list({ ...PROVIDER, name: 'Canary/..' }),
    list({ ...PROVIDER, issuer: 'http://canary.example.com' }),
    list({ ...PROVIDER, issuer: 'https://ann:canary@example.com' }),
    list({ ...PROVIDER, clientId: undefined }),
    list({ ...PROVIDER, misspelt: 'canary' }),
    list({ ...PROVIDER, userInfo: { url: 'ftp://canary' } }),
    list(PROVIDER, { ...other, name: PROVIDER.name }),
    list(PROVIDER, { ...other, issuer: PROVIDER.issuer }),
  ]
  for (const environment of wrong) {
    const problems = problemsOf(environment)?.join() ?? ''
    expect(problems, JSON.stringify(environment)).toContain('OAUTH_PROVIDERS')
    expect(problems).not.toContain('canary')
  }
  expect(() => resolveConfig({ providers: [{ ...PROVIDER, name: '' }] })).toThrow(ConfigError)
})

test('[IDP6] an app that makes tokens of its own is told by its address or by a secret, and by both names', () => {
  const app = {
    EXTERNAL_TOKENS_ISSUER: 'https://app.example.com',
    EXTERNAL_TOKENS_AUDIENCE: 'tidings',
  }
  const secret = { ...app, EXTERNAL_TOKENS_SECRET: 's'.repeat(32) }
  expect(configOf(secret).externalTokens).toMatchObject({ secret: 's'.repeat(32) })
  const keys = (uri: string) => ({ ...app, EXTERNAL_TOKENS_JWKS_URI: uri })
  expect(problemsOf(keys('http://127.0.0.1:8080/jwks'))).toBeUndefined()
  const wrong: readonly (readonly [Record<string, string>, string])[] = [
    [app, 'EXTERNAL_TOKENS_JWKS_URI'],
    [{ ...secret, ...keys('https://app.example.com/jwks') }, 'EXTERNAL_TOKENS_JWKS_URI'],
    [keys('http://app.example.com/jwks'), 'EXTERNAL_TOKENS_JWKS_URI'],
    [keys('file:///jwks'), 'EXTERNAL_TOKENS_JWKS_URI'],
    [keys('https://ann:canary@app.example.com/jwks'), 'EXTERNAL_TOKENS_JWKS_URI'],
    [{ ...app, EXTERNAL_TOKENS_SECRET: 'canary' }, 'EXTERNAL_TOKENS_SECRET'],
    [{ ...secret, EXTERNAL_TOKENS_ISSUER: 'tidings' }, 'EXTERNAL_TOKENS_ISSUER'],
    [{ ...secret, EXTERNAL_TOKENS_AUDIENCE: '' }, 'EXTERNAL_TOKENS_AUDIENCE'],
  ]
  for (const [environment, name] of wrong) {
    const problems = problemsOf(environment)?.join() ?? ''
    expect(problems).toContain(`${name}: `)
    expect(problems).not.toContain('canary')
  }
  expect(() =>
    resolveConfig({ externalTokens: { issuer: 'a', audience: 'b', secret: 'short' } }),
  ).toThrow(ConfigError)
})

test('[IDP6] [IDP12] an issuer that the app shares with a provider has one claim that names its users', () => {
  const tokens = { issuer: PROVIDER.issuer, audience: 'canary', secret: 's'.repeat(32) }
  const userInfo = { url: 'https://accounts.example.com/canary' }
  const bySubject = { ...PROVIDER, userInfo: { ...userInfo, subject: 'uid' } }
  const elsewhere = { ...tokens, issuer: 'https://app.example.com', userClaim: 'uid' }
  const fitting = [
    { externalTokens: tokens, providers: [PROVIDER] },
    { externalTokens: { ...tokens, userClaim: 'sub' }, providers: [{ ...PROVIDER, userInfo }] },
    { externalTokens: { ...tokens, userClaim: 'uid' }, providers: [bySubject] },
    { externalTokens: elsewhere, providers: [PROVIDER] },
  ]
  for (const options of fitting) expect(resolveConfig(options)).toMatchObject(options)
  const wrong = [
    { externalTokens: { ...tokens, userClaim: 'uid' }, providers: [PROVIDER] },
    { externalTokens: { ...tokens, userClaim: 'uid' }, providers: [{ ...PROVIDER, userInfo }] },
    { externalTokens: tokens, providers: [bySubject] },
  ]
  const message = 'must be the claim by which the provider of the same issuer names its users'
  for (const options of wrong)
    expect(() => resolveConfig(options)).toThrow(
      new ConfigError(`externalTokens.userClaim: ${message}`),
    )
  const environment = {
    OAUTH_PROVIDERS: JSON.stringify([PROVIDER]),
    EXTERNAL_TOKENS_ISSUER: PROVIDER.issuer,
    EXTERNAL_TOKENS_AUDIENCE: 'canary',
    EXTERNAL_TOKENS_SECRET: tokens.secret,
  }
  expect(problemsOf(environment)).toBeUndefined()
  expect(problemsOf({ ...environment, EXTERNAL_TOKENS_USER_CLAIM: 'uid' })).toEqual([
    `EXTERNAL_TOKENS_USER_CLAIM: ${message}`,
  ])
})

test('[CFG1] origins are kept as browsers send them', () => {
  const given = 'https://app.example.com:443,http://bücher.example:80,https://a.example:8443'
  expect(configOf({ ALLOWED_ORIGINS: given }).allowedOrigins).toEqual([
    'https://app.example.com',
    'http://xn--bcher-kva.example',
    'https://a.example:8443',
  ])
  expect(problemsOf({ ALLOWED_ORIGINS: 'https://a.example:99999' })).toHaveLength(1)
})

test("[CFG2] the terminal client's own variables are no mistake", () => {
  const environment = {
    TIDINGS_URL: 'http://127.0.0.1:3000',
    TIDINGS_PROFILE: 'work',
    TIDINGS_PASSWORD: 'correct horse',
  }
  expect(configOf(environment)).toEqual(configOf({}))
  expect(problemsOf({ ...environment, TIDINGS_PROFIL: 'work' })).toHaveLength(1)
})

test("[CFG1] an empty variable counts as absent, and the rest of the environment is nobody's business", () => {
  expect(
    configOf({ PORT: '', REDIS_URL: ' ', TIDINGS_SECRET: '', PATH: '/bin', NODE_ENV: 'test' }),
  ).toEqual(configOf({}))
})

test('[CFG1] the playground is on while only this machine can reach it', () => {
  expect(configOf({ HOST: '0.0.0.0' }).playground).toBe(false)
  expect(configOf({ PUBLIC_URL: 'https://chat.example.com' }).playground).toBe(false)
  expect(configOf({ PUBLIC_URL: 'http://localhost:8080' }).playground).toBe(true)
  expect(configOf({ TRUST_PROXY: '1' }).playground).toBe(false)
  expect(configOf({ HOST: 'localhost' }).playground).toBe(true)
  expect(configOf({ PLAYGROUND: 'off' }).playground).toBe(false)
})

test.each([
  ['127.0.0.1', true],
  ['127.8.9.1', true],
  ['::1', true],
  ['[::1]', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['localhost.example.com', false],
  ['127.0.0.1.example.com', false],
  ['10.0.0.1', false],
])('[CFG1] %s is this machine alone: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected)
})

test.each([
  ['127.0.0.1', 'http://127.0.0.1:80'],
  ['0.0.0.0', 'http://127.0.0.1:80'],
  ['::', 'http://127.0.0.1:80'],
  ['::1', 'http://[::1]:80'],
  ['[::1]', 'http://[::1]:80'],
])('[CFG1] a server on %s is reached at %s', (host, url) => {
  expect(defaultPublicUrl(host, 80)).toBe(url)
})

/** Every value holds this, so that a message which repeats one is found. */
const CANARY = 'canary'

test.each([
  ['PORT', 'abc'],
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['PORT', '80.5'],
  ['PORT', '1e3'],
  ['HOST', 'two hosts'],
  ['PUBLIC_URL', 'example.com'],
  ['PUBLIC_URL', 'ftp://example.com'],
  ['PUBLIC_URL', `https://ann:${CANARY}@example.com`],
  ['PUBLIC_URL', `https://example.com/?key=${CANARY}`],
  ['ALLOWED_ORIGINS', '*'],
  ['ALLOWED_ORIGINS', 'example.com'],
  ['ALLOWED_ORIGINS', `https://example.com,https://example.com/${CANARY}`],
  ['ALLOWED_ORIGINS', 'https://*.example.com'],
  ['TRUST_PROXY', 'yes'],
  ['TRUST_PROXY', '11'],
  ['DATABASE_URL', `mysql://root:${CANARY}@db/x`],
  ['DATABASE_URL', 'file:'],
  ['DATABASE_URL', `postgres//tidings:${CANARY}@db`],
  ['REDIS_URL', `http://${CANARY}`],
  ['BROKER', CANARY],
  ['BROKER', 'postgres'],
  ['TIDINGS_SECRET', CANARY],
  ['TIDINGS_SECRET', `${SECRET},${CANARY}`],
  ['TIDINGS_SECRET', ','],
  ['PASSWORD_MIN_LENGTH', '0'],
  ['REGISTRATION', CANARY],
  ['PLAYGROUND', CANARY],
  ['METRICS_TOKEN', CANARY],
  ['LOG_LEVEL', CANARY],
  ['LIMIT_CALLS_BURST', '0'],
  ['LIMIT_LOGIN_FAILURES', '-1'],
  ['LIMIT_MESSAGES_BURST', '99'],
  ['TIDINGS_SECERT', SECRET],
  ['TIDINGS_PORT', '3000'],
])('[CFG2] %s=%s is one clear line that names the variable and not the value', (name, value) => {
  const problems = problemsOf({ [name]: value })
  expect(problems).toHaveLength(1)
  expect(problems?.[0]).toMatch(new RegExp(`^${name}: \\S`))
  for (const part of [CANARY, SECRET]) expect(problems?.[0]).not.toContain(part)
})

test('[CFG6] nodes that share a Postgres hear of one another by it, or by the Redis that they were given', () => {
  const postgres = { DATABASE_URL: 'postgres://db/tidings', TIDINGS_SECRET: SECRET }
  const redis = { ...postgres, REDIS_URL: 'redis://cache:6379' }
  expect(configOf(postgres).broker).toBe('postgres')
  expect(configOf(redis).broker).toBe('redis')
  expect(configOf({ ...redis, BROKER: 'postgres' }).broker).toBe('postgres')
  expect(configOf({ ...redis, BROKER: 'none' }).broker).toBe('none')
  expect(configOf({ REDIS_URL: 'redis://cache:6379', BROKER: 'none' }).broker).toBe('none')
  expect(configOf({ REDIS_URL: 'redis://cache:6379' }).broker).toBe('none')
})

test('[CFG6] a broker that is not there to be had is one clear line, or an error of its own', () => {
  const postgres = { DATABASE_URL: 'postgres://db/tidings', TIDINGS_SECRET: SECRET }
  expect(problemsOf({ ...postgres, BROKER: 'redis' })).toEqual([
    'REDIS_URL: required with the broker redis',
  ])
  expect(problemsOf({ BROKER: 'redis', REDIS_URL: 'redis://cache:6379' })).toEqual([
    'BROKER: redis needs Postgres; an SQLite database has one server',
  ])
  expect(() => resolveConfig({ broker: 'postgres' })).toThrow(ConfigError)
  expect(() => resolveConfig({ databaseUrl: 'postgres://db/tidings', broker: 'redis' })).toThrow(
    'REDIS_URL',
  )
})

test('[CFG2] all problems are told at once', () => {
  const problems = problemsOf({
    PORT: 'x',
    LOG_LEVEL: 'x',
    TIDINGS_TYPO: 'x',
    DATABASE_URL: 'postgres://db/x',
  })
  expect(problems?.map((problem) => problem.split(':')[0]).toSorted()).toEqual([
    'LOG_LEVEL',
    'PORT',
    'TIDINGS_SECRET',
    'TIDINGS_TYPO',
  ])
})

test('[CFG3] with Postgres the secret must be given', () => {
  const shared = { DATABASE_URL: 'postgresql://db/tidings' }
  expect(problemsOf(shared)).toEqual([expect.stringMatching(/^TIDINGS_SECRET: required/)])
  expect(configOf({ ...shared, TIDINGS_SECRET: SECRET }).secrets).toEqual([SECRET])
})

test("[CFG1] an embedder's limits are checked, the ones left out have their defaults", () => {
  expect(resolveConfig({ limits: { loginFailures: 3 } }).limits).toEqual({
    ...resolveConfig().limits,
    loginFailures: 3,
  })
  expect(() => resolveConfig({ limits: { loginFailures: 0 } })).toThrow()
  expect(() => resolveConfig({ limits: { callsBurst: Number.NaN } })).toThrow()
})
