import { usage } from './failure.ts'

/** The options of a call, by their long names in camel case. */
export class Options {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }

  text(name: string): string | undefined {
    const value = this.#values[name]
    return typeof value === 'string' ? value : undefined
  }

  flag(name: string): boolean {
    return this.#values[name] === true
  }

  /** @throws Failure USAGE unless it is a whole number from `least` */
  count(name: string, least = 1): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const count = Number(value)
    if (!/^\d+$/.test(value) || count < least || !Number.isSafeInteger(count))
      throw usage(`--${name} takes a whole number from ${least}, not “${value}”.`)
    return count
  }
}
