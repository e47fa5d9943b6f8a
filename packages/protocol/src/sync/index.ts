/**
 * The client's side of sync as a pure state machine: no I/O, no timers, no schema library. The SDK runs it, the numbered
 * door runs it for clients that cannot, and the simulation runs it by the million.
 *
 * @module
 */
export { step } from './step.ts'
export { createSync, isLive, savedOf } from './state.ts'
export type { SyncState } from './state.ts'
export { START } from './position.ts'
export type { Mark, Position, PositionTable, SavedSync, SyncEvent } from './position.ts'
export type {
  HeadsAnswer,
  Input,
  PullAnswer,
  PulledEvents,
  PullRefused,
  RefusalReason,
  StreamHead,
} from './input.ts'
export type { Effect, PullFrom, ResetReason } from './effect.ts'
export { DEFAULT_SYNC_OPTIONS } from './options.ts'
export type { SyncOptions } from './options.ts'
export { decodeCursor, encodeCursor, MAX_CURSOR_LENGTH } from './cursor.ts'
export type { CursorProblem } from './cursor.ts'
