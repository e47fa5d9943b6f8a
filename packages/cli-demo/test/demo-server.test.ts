import { expect, test } from 'vitest'
import { isServed, startDemoServer } from '../src/demo-server.ts'
import { playStory } from '../src/story.ts'

test('[SDK19] when no server runs, the demo has one of its own', async () => {
  let url: string
  {
    await using server = await startDemoServer()
    url = server.url
    expect(await isServed(url)).toBe(true)
    await playStory({ url, print: () => undefined })
  }
  expect(await isServed(url)).toBe(false)
})

test('[SDK19] something else on that address is no Tidings server', async () => {
  expect(await isServed('http://127.0.0.1:1')).toBe(false)
  expect(await isServed('data:text/plain,ok')).toBe(false)
})
