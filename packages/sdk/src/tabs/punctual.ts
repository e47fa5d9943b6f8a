import type { Environment } from '../environment.ts'

/** An environment whose overdue timers can be run by whoever notices that they are late. */
export interface Punctual extends Environment {
  /** Browsers run the timers of a tab that nobody looks at once a minute only; messages come at once. */
  runOverdue(): void
}

export function punctual(environment: Environment): Punctual {
  const timers = new Map<object, { readonly at: number; readonly fire: () => void }>()
  return {
    now: () => environment.now(),
    wallClock: () => environment.wallClock(),
    random: () => environment.random(),
    newId: () => environment.newId(),
    after(ms, run) {
      const timer = {}
      const fire = (): void => {
        if (!timers.delete(timer)) return
        cancel()
        run()
      }
      const cancel = environment.after(ms, fire)
      timers.set(timer, { at: environment.now() + ms, fire })
      return () => {
        timers.delete(timer)
        cancel()
      }
    },
    runOverdue() {
      const now = environment.now()
      const overdue = [...timers.values()].filter(({ at }) => at <= now)
      for (const { fire } of overdue.sort((one, other) => one.at - other.at)) fire()
    },
  }
}
