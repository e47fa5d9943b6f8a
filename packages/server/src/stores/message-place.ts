/** Where a message stands. */
export interface MessagePlace {
  readonly streamKey: number
  readonly seq: number
}
