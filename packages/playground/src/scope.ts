import type { Readable } from '@tidings/sdk'

/** What a part of the page listens to, so that all of it ends with the part. */
export class Scope {
  readonly #stops: (() => void)[] = []

  /** Shows a value now and whenever it changes. */
  watch<T>(readable: Readable<T>, show: (value: T) => void): void {
    show(readable.get())
    this.defer(readable.subscribe(() => show(readable.get())))
  }

  /** The same, but not more often than the screen shows it: for what may change hundreds of times a second. */
  watchFrames<T>(readable: Readable<T>, show: (value: T) => void): void {
    let isWaiting = false
    let hasEnded = false
    show(readable.get())
    this.defer(
      readable.subscribe(() => {
        if (isWaiting) return
        isWaiting = true
        requestAnimationFrame(() => {
          isWaiting = false
          if (!hasEnded) show(readable.get())
        })
      }),
    )
    this.defer(() => {
      hasEnded = true
    })
  }

  /** Does something when the part ends. */
  defer(stop: () => void): void {
    this.#stops.push(stop)
  }

  end(): void {
    for (const stop of this.#stops.splice(0).reverse()) stop()
  }
}
