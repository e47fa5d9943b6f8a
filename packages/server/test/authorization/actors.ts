/** Who calls: nobody, somebody whose session has ended, and people by their place in the group of the scene. */
export const ACTORS = [
  'anonymous',
  'revoked',
  'owner',
  'admin',
  'member',
  'left',
  'removed',
  'stranger',
] as const
export type ActorName = (typeof ACTORS)[number]
