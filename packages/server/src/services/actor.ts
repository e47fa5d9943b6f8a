export { mayFollow } from '../auth/actor.ts'
export type { Actor, ActorGrant } from '../auth/actor.ts'
export { isOwnStream, toEventFor } from '../auth/withheld.ts'
