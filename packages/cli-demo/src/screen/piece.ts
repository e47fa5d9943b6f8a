/** How a piece of a line is shown. */
export type Style =
  'plain' | 'dim' | 'bold' | 'name' | 'own' | 'read' | 'good' | 'warning' | 'bad' | 'chosen'

/** A piece of a line. Its text is safe to show. */
export interface Piece {
  readonly text: string
  readonly style: Style
}

export const plain = (text: string): Piece => ({ text, style: 'plain' })
export const dim = (text: string): Piece => ({ text, style: 'dim' })

/** One line of the screen. */
export type Line = readonly Piece[]
