/** Colours a text, or leaves it alone. */
export type Paint = (colour: Colour, text: string) => string

export type Colour = 'dim' | 'bold' | 'green' | 'red' | 'cyan' | 'yellow'

const CODES: Readonly<Record<Colour, readonly [number, number]>> = {
  dim: [2, 22],
  bold: [1, 22],
  green: [32, 39],
  red: [31, 39],
  cyan: [36, 39],
  yellow: [33, 39],
}

/** The environment, as far as it is about colours. */
export interface ColourEnvironment {
  readonly NO_COLOR?: string | undefined
  readonly FORCE_COLOR?: string | undefined
  readonly TERM?: string | undefined
}

/** Whether to colour: on a terminal, unless `NO_COLOR` is set or the terminal is dumb; `FORCE_COLOR` decides elsewhere. */
export function wantsColour(environment: ColourEnvironment, isTerminal: boolean): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0'
  return isTerminal && TERM !== 'dumb'
}

/** Paints, or not. */
export function createPaint(isColoured: boolean): Paint {
  if (!isColoured) return (_, text) => text
  return (colour, text) => {
    const [on, off] = CODES[colour]
    return `\u001B[${on}m${text}\u001B[${off}m`
  }
}
