import { expect, test, vi } from 'vitest'
import { openPost } from '../../src/services/post.ts'

test('[PPL16] a server of mails that does not answer holds up nobody who closes, and what has not begun is not sent', async () => {
  const lines: unknown[] = []
  const deadlines: (() => void)[] = []
  const begun: number[] = []
  let holdUp = false
  const held: (() => void)[] = []
  const post = openPost({
    mailer: { send: () => new Promise<void>(() => undefined) },
    machine: {
      wait: () => (holdUp ? new Promise<void>((go) => void held.push(go)) : Promise.resolve()),
      after(ms, run) {
        expect(ms).toBe(5000)
        deadlines.push(run)
        return () => undefined
      },
    },
    log: { warn: (...line: unknown[]) => void lines.push(line) },
  })
  const ask = (mail: number) =>
    post.later((mailer) => {
      begun.push(mail)
      return mailer.send({ to: '', subject: '', text: '', kind: 'reset', username: '', code: '' })
    })
  ask(1)
  ask(2)
  await vi.waitUntil(() => begun.length === 2)
  holdUp = true
  ask(3)
  const closing = post.close()
  let isClosed = false
  void closing.then(() => (isClosed = true))
  await Promise.resolve()
  expect(isClosed).toBe(false)
  for (const run of deadlines) run()
  await closing
  for (const go of held) go()
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun).toEqual([1, 2])
  expect(lines).toEqual([[{ mails: 3 }, expect.stringContaining('before the server closed')]])
})
