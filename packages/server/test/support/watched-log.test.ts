import { expect, test } from 'vitest'
import { spawnNode } from '../e2e/support/server-process.ts'
import { openWatchedLog } from './watched-log.ts'

test('[OBS4] a secret in the log of any test would be found, by its value or by its shape', () => {
  const clean = openWatchedLog(['correct horse'])
  clean.log.info({ route: '/users', status: 200 }, 'a request')
  // Struck out by the logger.
  clean.log.error({ password: 'correct horse', err: new Error('Bearer eyJhbGciOi.eyJzdWIiOi') })
  clean.check()

  const leaky = openWatchedLog(['correct horse'])
  leaky.log.trace({ said: 'my password is correct horse' })
  expect(() => leaky.check()).toThrow(/OBS4/)
})

test.each(['stdout', 'stderr'])(
  '[OBS4] a secret that a server process writes to %s would be found, in however many pieces',
  async (stream) => {
    const secret = 'the secret of a process that is long enough'
    const write = (text: string) =>
      `process.${stream}.write(${text}.slice(0, 9)); setTimeout(() => process.${stream}.write(${text}.slice(9)), 50)`
    const run = async (text: string): Promise<void> => {
      await using server = spawnNode(['--eval', write(text)], { TIDINGS_SECRET: secret })
      await server.exited
    }
    await run('"nothing but words"')
    await expect(run('process.env.TIDINGS_SECRET')).rejects.toThrow(/OBS4/)
    await expect(run('"Bearer eyJhbGciOiJI.eyJzdWIiOiIx and more"')).rejects.toThrow(/OBS4/)
  },
)
