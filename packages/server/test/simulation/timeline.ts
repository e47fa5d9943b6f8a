/** Virtual time: what is due runs in order of its time, and of its making where times are equal. A binary heap. */
export class Timeline {
  now = 0
  /** Everything that ran. */
  steps = 0
  readonly #times: number[] = []
  readonly #orders: number[] = []
  readonly #works: (() => void)[] = []
  #made = 0

  /** Runs `work` after `ms` milliseconds of virtual time. */
  after(ms: number, work: () => void): void {
    this.at(this.now + ms, work)
  }

  at(time: number, work: () => void): void {
    const times = this.#times
    const orders = this.#orders
    const works = this.#works
    this.#made += 1
    const order = this.#made
    let place = times.length
    while (place > 0) {
      const parent = (place - 1) >> 1
      const parentTime = times[parent] ?? 0
      if (parentTime <= time) break
      times[place] = parentTime
      orders[place] = orders[parent] ?? 0
      works[place] = works[parent] ?? nothing
      place = parent
    }
    times[place] = time
    orders[place] = order
    works[place] = work
  }

  /** Runs everything that is due up to `time`, and stops there. */
  runUntil(time: number): void {
    while (this.#times.length > 0 && (this.#times[0] ?? 0) <= time) {
      this.now = this.#times[0] ?? 0
      this.steps += 1
      this.#takeFirst()()
    }
    this.now = time
  }

  #takeFirst(): () => void {
    const times = this.#times
    const orders = this.#orders
    const works = this.#works
    const first = works[0] ?? nothing
    const time = times.pop() ?? 0
    const order = orders.pop() ?? 0
    const work = works.pop() ?? nothing
    const length = times.length
    if (length === 0) return first
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      if (child >= length) break
      if (child + 1 < length && this.#isBefore(child + 1, child)) child += 1
      const childTime = times[child] ?? 0
      if (time < childTime || (time === childTime && order < (orders[child] ?? 0))) break
      times[place] = childTime
      orders[place] = orders[child] ?? 0
      works[place] = works[child] ?? nothing
      place = child
    }
    times[place] = time
    orders[place] = order
    works[place] = work
    return first
  }

  #isBefore(a: number, b: number): boolean {
    const timeA = this.#times[a] ?? 0
    const timeB = this.#times[b] ?? 0
    return timeA < timeB || (timeA === timeB && (this.#orders[a] ?? 0) < (this.#orders[b] ?? 0))
  }
}

function nothing(): void {
  // Nothing is due.
}
