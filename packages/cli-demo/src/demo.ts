#!/usr/bin/env node
// Plays a conversation of two people and prints every event: npm run demo [-- <url>]
import { isServed, startDemoServer } from './demo-server.ts'
import { playStory } from './story.ts'

const DEFAULT_URL = 'http://127.0.0.1:3000'

async function run(asked: string | undefined): Promise<void> {
  const url = asked ?? DEFAULT_URL
  if (await isServed(url)) {
    await play(url)
    return
  }
  if (asked !== undefined) throw new Error(`no Tidings server answers at ${asked}`)
  console.log(
    `No server runs at ${url}, so this demo starts one of its own on a temporary database.`,
  )
  await using server = await startDemoServer()
  await play(server.url)
}

async function play(url: string): Promise<void> {
  await playStory({ url, print: (line) => console.log(line) })
  console.log('\nEvery event has come.')
}

try {
  await run(process.argv[2] ?? process.env['TIDINGS_URL'])
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
