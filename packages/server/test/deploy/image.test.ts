import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../src/load-config.ts'
import { environmentSchema } from '../../src/environment.ts'

const ROOT = new URL('../../../../', import.meta.url)
const read = (file: string): string => readFileSync(fileURLToPath(new URL(file, ROOT)), 'utf8')

interface Service {
  readonly image: string
  readonly build?: string | undefined
  readonly environment?: Readonly<Record<string, string>> | undefined
  readonly ports?: readonly string[] | undefined
  readonly volumes?: readonly string[] | undefined
  readonly tmpfs?: readonly string[] | undefined
  readonly depends_on?: object | undefined
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: object
}

const compose = parse(read('compose.yaml'), { merge: true }) as Compose
const dockerfile = read('Dockerfile')
const example = read('.env.example')
const proxy = read('deploy/Caddyfile')
const nodes = Object.entries(compose.services).filter(([, { build }]) => build !== undefined)
const known = Object.keys(environmentSchema.shape)

/** `NAME=value` by lines, as Docker reads an `.env`. */
function assignments(text: string): Readonly<Record<string, string>> {
  const lines = text.split('\n').filter((line) => /^[A-Z]/.test(line))
  return Object.fromEntries(lines.map((line) => line.split('=', 2) as [string, string]))
}

/** What Compose makes of `${NAME:?…}`. */
function filledIn(value: string, given: Readonly<Record<string, string>>): string {
  return value.replace(/\$\{(\w+):\?[^}]*\}/g, (_, name: string) => {
    const found = given[name]
    if (!found) throw new Error(`${name} is not set`)
    return found
  })
}

/** The variables that the image itself sets. */
function imageEnvironment(): Readonly<Record<string, string>> {
  const [, line = ''] = /^ENV (.+)$/m.exec(dockerfile) ?? []
  return assignments(line.split(' ').join('\n'))
}

const SECRETS = { TIDINGS_SECRET: 's'.repeat(64), POSTGRES_PASSWORD: 'p'.repeat(64) }

test('[OPS12] the server understands what the image and each node of compose.yaml give it', () => {
  const { NODE_ENV, ...image } = imageEnvironment()
  expect(NODE_ENV).toBe('production')
  expect(known).toEqual(expect.arrayContaining(Object.keys(image)))
  expect(loadConfig(image).config).toMatchObject({
    host: '0.0.0.0',
    port: 3000,
    databaseUrl: 'file:/data/tidings.db',
    playground: false,
  })
  expect(nodes.length).toBeGreaterThanOrEqual(3)
  const written = { ...assignments(example), ...SECRETS }
  for (const [, { environment = {} }] of nodes) {
    expect(known).toEqual(expect.arrayContaining(Object.keys(environment)))
    const given = Object.entries(environment).map(([name, value]) => [
      name,
      filledIn(value, written),
    ])
    const { config, problems } = loadConfig({ ...image, ...written, ...Object.fromEntries(given) })
    expect(problems).toBeUndefined()
    expect(config).toMatchObject({ trustProxy: 1, secrets: [SECRETS.TIDINGS_SECRET] })
    expect(new URL(config?.databaseUrl ?? '').hostname).toBe('postgres')
    expect(new URL(config?.redisUrl ?? '').hostname).toBe('redis')
  }
})

test('[OPS12] there is no secret in any of the files, and Compose refuses to start without one', () => {
  const { TIDINGS_SECRET, POSTGRES_PASSWORD, PUBLIC_URL, ...others } = assignments(example)
  expect([TIDINGS_SECRET, POSTGRES_PASSWORD]).toEqual(['', ''])
  expect(PUBLIC_URL).toMatch(/^https?:/)
  for (const name of Object.keys(others)) expect(known).toContain(name)
  for (const [, { environment = {} }] of nodes)
    expect(() => filledIn(environment['TIDINGS_SECRET'] ?? '', assignments(example))).toThrow(
      'TIDINGS_SECRET is not set',
    )
  const ignored = read('.dockerignore').split('\n')
  expect(ignored).toEqual(expect.arrayContaining(['.env', '.git', '**/data', '**/node_modules']))
})

test('[OPS12] the proxy knows every node by its name and port, alone faces the network, and says whose request it is', () => {
  const { PORT } = imageEnvironment()
  expect(dockerfile).toMatch(new RegExp(`^EXPOSE ${PORT}$`, 'm'))
  const [, upstreams = ''] = /^\s*reverse_proxy (.+) \{$/m.exec(proxy) ?? []
  const places = nodes.map(([name, { environment }]) => `${name}:${environment?.['PORT'] ?? PORT}`)
  expect(upstreams.split(' ')).toEqual(places)
  expect(proxy).toMatch(/^\s*health_uri \/readyz$/m)
  expect(proxy).toContain('{$PUBLIC_URL}')
  const open = Object.entries(compose.services).filter(([, { ports }]) => ports !== undefined)
  expect(open.map(([name]) => name)).toEqual(['caddy'])
  expect(compose.services['caddy']?.volumes).toContain('./deploy/Caddyfile:/etc/caddy/Caddyfile:ro')
  // The other proxy that docs/deploy.md offers.
  const nginx = read('deploy/nginx.conf')
  expect(nginx).toContain('proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;')
  expect(nginx).toContain('proxy_set_header Upgrade $http_upgrade;')
})

test('[OPS12] every service and volume that is named is there', () => {
  const named = Object.values(compose.services).flatMap(({ depends_on: on = {} }) =>
    Array.isArray(on) ? (on as string[]) : Object.keys(on),
  )
  expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(named))
  const mounted = Object.values(compose.services)
    .flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')[0] ?? ''))
    .filter((source) => !source.startsWith('.'))
  expect(Object.keys(compose.volumes).toSorted()).toEqual(mounted.toSorted())
})

test('[OPS12] the image is built by the pinned pnpm from every manifest, on a Node that is supported, runs as another user than root and is asked whether it is ready', () => {
  const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } }
  const [, oldest = ''] = /^>=(\d+)\./.exec(engines.node) ?? []
  const images = [...dockerfile.matchAll(/^FROM node:(\d+)-(\S+)/gm)]
  expect(images).toHaveLength(2)
  // An addon that one of them has compiled must load in the other.
  expect(new Set(images.map(([, major, system]) => `${major}-${system}`)).size).toBe(1)
  expect(Number(images[0]?.[1])).toBeGreaterThan(Number(oldest))
  // Even numbers are supported for long.
  expect(Number(images[0]?.[1]) % 2).toBe(0)
  const [pinned = 'none'] = /pnpm@[\d.]+/.exec(read('scripts/prepare.mjs')) ?? []
  expect(dockerfile.match(/pnpm@[\d.]+/g)).toEqual([pinned])
  const manifests = ['bench', 'cli-demo', 'playground', 'protocol', 'sdk', 'server']
  for (const name of manifests)
    expect(dockerfile).toContain(`COPY packages/${name}/package.json packages/${name}/\n`)
  const last = dockerfile.slice(dockerfile.lastIndexOf('FROM '))
  expect(last.indexOf('USER node')).toBeLessThan(last.indexOf('ENTRYPOINT'))
  expect(last).toContain('VOLUME /data')
  expect(last).toContain('STOPSIGNAL SIGTERM')
  expect(last).toMatch(/HEALTHCHECK[^]*\/readyz/)
})
