import { afterAll, beforeAll, expect, test } from 'vitest'
import { pathOfFileUrl } from '../../src/db/files.ts'
import { checksFor, examine, type Examination } from '../../src/doctor/examine.ts'
import {
  copyTestPlace,
  createTestPlace,
  describeEngines,
  type TestPlace,
} from '../support/databases.ts'
import { openFile } from '../support/open-file.ts'
import { runSql } from '../support/run-sql.ts'
import { DAMAGES } from './damages.ts'
import { liveIn } from './lived-in.ts'

describeEngines('damage', (engine) => {
  let healthy: TestPlace
  beforeAll(async () => {
    healthy = await createTestPlace(engine)
    await liveIn(engine, healthy.url)
  })
  afterAll(() => healthy[Symbol.asyncDispose]())

  test.each(DAMAGES)('[OPS2] $what is found and named, and nothing else', async (damage) => {
    await using place = await copyTestPlace(engine, healthy)
    await runSql(place.url, ...damage.statements(engine))
    const examination = await examine(place.url)
    expect(brokenIn(examination)).toEqual(damage.found)
    expect(examination.healthy).toBe(false)
  })

  test('[OPS2] every check has its damage', () => {
    const planted = new Set(DAMAGES.flatMap(({ found }) => found))
    const all = checksFor(engine).map(({ name }) => name)
    expect(all.filter((name) => !planted.has(name))).toEqual(engine === 'sqlite' ? ['file'] : [])
  })
})

test('[OPS2] a file that is damaged itself is found, and nothing else', async () => {
  await using place = await createTestPlace('sqlite')
  await liveIn('sqlite', place.url)
  const connection = openFile(pathOfFileUrl(place.url))
  connection.unsafeMode(true)
  connection.pragma('writable_schema = on')
  // From now on it should hold every event.
  connection.exec(`
    update sqlite_master set sql = replace(sql, 'message_id is not null', 'seq > 0')
    where name = 'events_message_id_unique'`)
  connection.close()
  const examination = await examine(place.url)
  expect(brokenIn(examination)).toEqual(['file'])
})

/** The checks that do not hold; all of them could be looked at. */
function brokenIn({ checks }: Examination): readonly string[] {
  expect(checks.filter(({ failure }) => failure !== undefined)).toEqual([])
  const broken = checks.filter(({ found }) => found > 0)
  for (const { examples } of broken) expect(examples.length).toBeGreaterThan(0)
  return broken.map(({ name }) => name)
}
