/** A time that never comes: muted until then is muted for ever. */
export const FOREVER: number = Number.MAX_SAFE_INTEGER
