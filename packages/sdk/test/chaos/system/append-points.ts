import type { Alteration } from './alterations.ts'

/** A line of the sources at which a server may die, and on which side of it. */
interface Place extends Omit<Alteration, 'put'> {
  /** What stands there instead: the line, and the end. */
  readonly with: (reach: string, line: string) => string
}

const before: Place['with'] = (reach, line) => `${reach}\n  ${line}`

const SEND = 'server/src/journal/send.ts'
const SEND_STATE = 'server/src/stores/send-state.ts'
const PUBLISH = 'publish(events))'
const ON_SQLITE = 'server/src/db/sqlite-writer.ts'

/**
 * Every step of an append, in their order. Where the engines differ a step has a place in each. The order of the last three
 * is the server's own: what is committed goes to the pump, then the callers are answered.
 */
const POINTS: Readonly<Record<string, readonly Place[]>> = {
  'before the lock': [{ file: SEND, find: 'const state = await lockForSends(', with: before }],
  'after the lock': [
    { file: SEND_STATE, find: 'const originals = await findByClientMessageId(', with: before },
    {
      file: SEND_STATE,
      find: 'const isRepeat = row.sentSeq !== null',
      with: before,
    },
  ],
  'after the look for repeats': [
    { file: SEND_STATE, find: 'const open = await findOpenSpans(', with: before },
  ],
  'after the insert': [
    { file: SEND, find: 'const moved = new Set(rows.map((row) => row.streamKey))', with: before },
  ],
  'after the heads': [
    {
      file: SEND,
      find: 'const events = decision.numbered.map(({ stored }) => stored)',
      with: before,
    },
  ],
  'in the commit': [
    // On the only thread there is: another one has to strike, while SQLite writes its log and forces it.
    {
      file: ON_SQLITE,
      find: "this.#execute('COMMIT')",
      with: (reach, line) => before(reach.replace('chaosPoint(', 'chaosPointSoon('), line),
    },
    // The kernel has it, and nobody will read the answer.
    {
      file: 'server/src/db/postgres-lane.ts',
      find: 'socket.setNoDelay(true)',
      with: (reach, line) => `${line}
      const write = socket.write.bind(socket)
      socket.write = (chunk, ...more) => {
        const written = write(chunk, ...more)
        if (String(chunk).includes('commit\\0')) ${reach}
        return written
      }`,
    },
  ],
  'after the commit': [{ file: SEND, find: PUBLISH, with: (reach, line) => `(${reach}, ${line})` }],
  'pushed, not answered': [
    { file: SEND, find: PUBLISH, with: (reach) => `(publish(events), ${reach}))` },
  ],
  'after the answer': [
    {
      file: 'server/src/journal/batch.ts',
      find: "else if ('ok' in outcome) resolve(outcome.ok)",
      with: (reach) =>
        `else if ('ok' in outcome) (resolve(outcome.ok), setImmediate(() => ${reach}))`,
    },
  ],
}

export const POINT_NAMES: readonly string[] = Object.keys(POINTS)

/** What of the server dies at `CHAOS_POINT`, when that is passed for the `CHAOS_NTH` time. */
export function failPoints(): readonly Alteration[] {
  return Object.entries(POINTS).flatMap(([name, places]) =>
    places.map(({ file, find, with: put }) => {
      return { file, find, put: put(`globalThis.chaosPoint(${JSON.stringify(name)})`, find) }
    }),
  )
}

/**
 * Ahead of a program with {@link failPoints}. A commit of SQLite takes some hundred microseconds: `CHAOS_NTH` also says how
 * many of them pass before the other thread strikes.
 */
export const FAIL_POINT_HEAD = `import { Worker as ChaosWorker } from 'node:worker_threads';
let chaosLeft = Number(process.env.CHAOS_NTH);
const chaosIsReached = (name) => {
  if (name !== process.env.CHAOS_POINT) return false;
  chaosLeft -= 1;
  return chaosLeft === 0;
};
const chaosFlag = new Int32Array(new SharedArrayBuffer(4));
if (process.env.CHAOS_POINT === 'in the commit') new ChaosWorker(\`
  const { workerData } = require('node:worker_threads');
  Atomics.wait(workerData, 0, 0);
  const from = performance.now();
  while (performance.now() - from < (Number(process.env.CHAOS_NTH) % 10) / 20);
  process.kill(process.pid, 'SIGKILL');
\`, { eval: true, workerData: chaosFlag }).unref();
globalThis.chaosPoint = (name) => {
  if (chaosIsReached(name)) process.kill(process.pid, 'SIGKILL');
};
globalThis.chaosPointSoon = (name) => {
  if (!chaosIsReached(name)) return;
  Atomics.store(chaosFlag, 0, 1);
  Atomics.notify(chaosFlag, 0);
};
`
