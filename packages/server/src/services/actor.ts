export type { Actor } from '../auth/actor.ts'
