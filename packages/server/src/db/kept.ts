/**
 * On Node 24 the collector aborts the process when it frees an object of better-sqlite3 outside of all JavaScript, as between
 * two microtasks: the destructor of `ObjectWrap`, which it is compiled with, then asks for an environment that is not there.
 */
const isAborting = Number(process.versions.node.split('.')[0]) >= 24

const kept: object[] = []

/**
 * Keeps a connection or a statement until the process ends, where its collection would end the process. What it holds of
 * SQLite goes when its connection is closed all the same.
 */
export function keep<T extends object>(thing: T): T {
  if (isAborting) kept.push(thing)
  return thing
}

/** Compiled statements of one connection that are kept at once, and as many that are on their way out: all, where none may go. */
export const MAX_STATEMENTS: number = isAborting ? Infinity : 512
