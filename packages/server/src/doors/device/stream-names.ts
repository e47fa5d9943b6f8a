/**
 * The names of streams as numbers, for as long as somebody holds them: those who follow a conversation all share its name
 * then, where each would keep a copy.
 */
export class StreamNames {
  readonly #numbers = new Map<string, number>()
  readonly #names: string[] = []
  readonly #holders: number[] = []
  /** Numbers that nobody holds any more. */
  readonly #free: number[] = []

  /** The number of a name, held once more. */
  hold(name: string): number {
    const known = this.#numbers.get(name)
    const number = known ?? this.#free.pop() ?? this.#names.length
    if (known === undefined) {
      this.#numbers.set(name, number)
      this.#names[number] = name
    }
    this.#holders[number] = (this.#holders[number] ?? 0) + 1
    return number
  }

  /** Undefined when nobody holds it. */
  find(name: string): number | undefined {
    return this.#numbers.get(name)
  }

  nameOf(number: number): string {
    return this.#names[number] ?? ''
  }

  /** Lets go of what was held once. */
  letGo(number: number): void {
    const left = (this.#holders[number] ?? 0) - 1
    this.#holders[number] = left
    if (left > 0) return
    this.#numbers.delete(this.nameOf(number))
    this.#names[number] = ''
    this.#free.push(number)
  }

  /** How many names are held. */
  get size(): number {
    return this.#numbers.size
  }
}
