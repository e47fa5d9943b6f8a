import type { Machine } from '../machine.ts'
import type { Hub } from './hub.ts'

/** The closes are spread over this time, so that the clients of a node do not all reach the next one at once. */
const SPREAD_MS = 2000
const STEP_MS = 50
/** Who has not gone so long after the last close is left to the end of the process. */
const PATIENCE_MS = 3000

/** Closes every connection with 1012 and waits until they have left. */
export async function drainHub(hub: Hub, machine: Pick<Machine, 'wait'>): Promise<void> {
  const connections = [...hub.connections()]
  const perStep = Math.ceil((connections.length * STEP_MS) / SPREAD_MS)
  for (let at = 0; at < connections.length; at += perStep) {
    if (at > 0) await machine.wait(STEP_MS)
    for (const connection of connections.slice(at, at + perStep)) connection.close(1012)
  }
  for (let waited = 0; hub.connectionCount > 0 && waited < PATIENCE_MS; waited += STEP_MS) {
    await machine.wait(STEP_MS)
  }
}
