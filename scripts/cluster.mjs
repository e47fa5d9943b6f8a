// The topology of production on one machine: a Postgres, a Redis where there is one, several nodes, and a reverse proxy in front.
//   npm run cluster [-- --nodes 3] [--no-redis] [--data <folder>]
// PORT is the proxy's, 4000 by default. HOST, PUBLIC_URL, TRUST_PROXY, DATABASE_URL and REDIS_URL are the cluster's own; what else
// is set goes to each node, as with `npm start`.
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres } from './cluster/postgres.mjs'
import { hasRedis, openRedis } from './cluster/redis.mjs'
import { openReverseProxy } from './cluster/reverse-proxy.mjs'
import { freePort, keepRunning } from './cluster/service.mjs'
import { root } from './files.mjs'

/** Each holds 16 connections to the database, which gives 300. */
const MOST_NODES = 16
const LOOK_MS = 2000

function readOptions() {
  const options = {
    nodes: { type: 'string', default: '3' },
    'no-redis': { type: 'boolean', default: false },
    data: { type: 'string' },
  }
  const { values } = parseArgs({ options, args: process.argv.slice(2) })
  const count = whole('--nodes', { text: values.nodes, least: 1, most: MOST_NODES })
  const port = whole('PORT', { text: process.env.PORT || '4000', least: 0, most: 65_535 })
  return { count, port, wantsRedis: !values['no-redis'], data: values.data }
}

function whole(name, { text, least, most }) {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= least && number <= most) return number
  throw new Error(`${name} must be a whole number from ${least} to ${most}`)
}

/** All files of the cluster; a temporary folder unless `data` is to be kept. */
function openFolder(data) {
  const isKept = data !== undefined
  const folder = isKept ? resolve(data) : mkdtempSync(join(tmpdir(), 'tidings-cluster-'))
  mkdirSync(folder, { recursive: true })
  // Under root Postgres runs as another user.
  chmodSync(folder, 0o755)
  return { folder, isKept }
}

/** The same for every node, and for every run on the same data. */
function secretIn({ folder, isKept }) {
  const made = randomBytes(32).toString('hex')
  const given = process.env.TIDINGS_SECRET || undefined
  if (given !== undefined || !isKept) return given ?? made
  const file = join(folder, 'secret')
  try {
    writeFileSync(file, made, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  return readFileSync(file, 'utf8')
}

function command() {
  const folder = join(root, 'packages', 'server')
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return [process.execPath, join(folder, bin['tidings-server'])]
}

async function isServing(port) {
  try {
    const signal = AbortSignal.timeout(LOOK_MS)
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal })
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    return false
  }
}

const running = { nodes: [], redis: undefined, postgres: undefined, proxy: undefined }
let place
let stopping

/** In the order in which one needs the other. Whatever fails, the rest goes. */
function stopAll(exitCode) {
  stopping ??= (async () => {
    running.proxy?.refuse()
    await Promise.all(running.nodes.map(({ service }) => service.stop()))
    running.proxy?.close()
    await running.redis?.service.stop()
    await running.postgres?.stop()
    if (place !== undefined && !place.isKept) rmSync(place.folder, { recursive: true, force: true })
    process.exit(exitCode)
  })()
  return stopping
}

const say = (line) => console.log(`  ${line}`)

function startProxy(port) {
  const readyNodes = () => running.nodes.filter(({ service }) => service.isReady)
  return openReverseProxy({ port, readyPorts: () => readyNodes().map((node) => node.port) })
}

async function startDatabase() {
  running.postgres = startPostgres(place)
  const url = await running.postgres.ready
  running.postgres.url = url
  void running.postgres.exited.then(() => {
    if (stopping === undefined) say('Postgres has ended, and with it everything else')
    return stopAll(1)
  })
  return url
}

async function startRedis(wantsRedis) {
  if (!wantsRedis || !hasRedis()) return undefined
  const log = join(place.folder, 'redis.log')
  running.redis = await openRedis({ environment: process.env, log, say })
  await running.redis.service.ready
  return running.redis.url
}

async function startNode(number, environment) {
  const port = await freePort()
  const service = keepRunning({
    name: `node ${number}`,
    command: command(),
    environment: { ...environment, PORT: String(port) },
    log: join(place.folder, `node-${number}.log`),
    isReady: () => isServing(port),
    say,
  })
  running.nodes.push({ service, port })
  await service.ready
}

async function start({ count, port, wantsRedis, data }) {
  running.proxy = await startProxy(port)
  place = openFolder(data)
  const environment = {
    PLAYGROUND: 'on',
    ...process.env,
    HOST: '127.0.0.1',
    PUBLIC_URL: running.proxy.url,
    TRUST_PROXY: '1',
    DATABASE_URL: await startDatabase(),
    REDIS_URL: (await startRedis(wantsRedis)) ?? '',
    TIDINGS_SECRET: secretIn(place),
  }
  // One after the other: the first brings the database to the current schema, and the rest find it so.
  for (let number = 1; number <= count && stopping === undefined; number += 1)
    await startNode(number, environment)
}

function welcome({ wantsRedis }) {
  const { nodes, redis, postgres, proxy } = running
  const without = wantsRedis ? 'none: there is no redis-server on the PATH' : 'none'
  const lines = [
    `Tidings runs at ${proxy.url}: ${nodes.length} nodes behind a reverse proxy`,
    '',
    ...nodes.map(({ service, port }) => nodeLine(service, port)),
    `Postgres  ${postgres.url}`,
    `Redis     ${redis === undefined ? without : `${redis.url}   pid ${redis.service.pid}`}`,
    `Files     ${place.folder} (${place.isKept ? 'kept' : 'removed at the end'}; a log for each node)`,
    '',
    `Try it in a browser: ${proxy.url} shows two people side by side.`,
    `Kill a node: kill -9 ${nodes.at(-1)?.service.pid}`,
    'Its clients go on at the others, nothing is lost, and another takes its place.',
    '',
    'Ctrl+C stops everything.',
  ]
  console.log(`\n${lines.map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}\n`)
}

function nodeLine({ name, pid }, port) {
  return `${name.padEnd(8)}  http://127.0.0.1:${port}   pid ${pid}`
}

/** The first signal stops in order; a second one cuts: what we have started ends when we do. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    if (stopping !== undefined) process.exit(1)
    say('stopping ...')
    void stopAll(0)
  })

try {
  const options = readOptions()
  await start(options)
  if (stopping === undefined) welcome(options)
} catch (error) {
  if (stopping === undefined) console.error(`cluster: ${error.message}`)
  await stopAll(1)
}
