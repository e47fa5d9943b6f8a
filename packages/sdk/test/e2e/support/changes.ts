/** Wakes those who wait for a condition, whenever something has happened that may have met it. */
export interface Changes {
  note(): void
  /** Rejects after `ms`, saying what was waited for. */
  until(what: string, isMet: () => boolean, ms?: number): Promise<void>
}

/** For a machine with much else to do, milliseconds. */
const PATIENCE = 30_000

export function createChanges(): Changes {
  const waiting = new Set<() => void>()
  return {
    note() {
      for (const look of [...waiting]) look()
    },
    until(what, isMet, ms = PATIENCE) {
      return new Promise((resolve, reject) => {
        const finish = (end: () => void): void => {
          clearTimeout(deadline)
          waiting.delete(look)
          end()
        }
        const look = (): void => {
          if (isMet()) finish(resolve)
        }
        const deadline = setTimeout(
          () => finish(() => reject(new Error(`not within ${ms} ms: ${what}`))),
          ms,
        )
        waiting.add(look)
        look()
      })
    },
  }
}
