import type { Lane } from './postgres-lane.ts'

/**
 * Ends sessions of ours whose node has fallen silent in the middle of a statement, between its text and its parameters or, of a
 * transaction that writes, while the answer was on its way. Postgres limits a statement and a transaction in which nothing happens, but
 * not these: what such a session has locked nobody gets until TCP notices, up to hours later.
 * @param silentMs whoever has said nothing for so long is taken for gone, ms
 */
export async function endDeserted(lane: Lane, silentMs: number): Promise<void> {
  await lane.run(`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and usename = current_user
      and application_name = current_setting('application_name') and state = 'active'
      and (wait_event = 'ClientRead' or wait_event = 'ClientWrite' and backend_xid is not null)
      and state_change < clock_timestamp() - interval '${silentMs} ms'`)
}
