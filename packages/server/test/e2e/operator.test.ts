import { expect, test } from 'vitest'
import { register } from '../contract/person.ts'
import { createTestPlace } from '../support/databases.ts'
import { spawnServer, startServerProcess } from './support/server-process.ts'

test('[OPS3] [OPS4] beside the server of a file the command examines it, and does not give it another epoch', async () => {
  await using place = await createTestPlace('sqlite')
  const environment = { DATABASE_URL: place.url }
  await using server = await startServerProcess(environment)
  await register(server, 'ann')
  await using doctor = await spawnServer(environment, ['doctor', '--json'])
  expect(await doctor.exited).toEqual({ code: 0, signal: null })
  expect(JSON.parse(doctor.output().stdout)).toMatchObject({ healthy: true, counts: { users: 1 } })
  await using epoch = await spawnServer(environment, ['new-epoch'])
  expect(await epoch.exited).toEqual({ code: 1, signal: null })
  expect(epoch.output().stderr).toMatch(/^tidings: .*in use by another Tidings server.*\n$/)
  await register(server, 'bob')
})
