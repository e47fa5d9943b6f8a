/** Listeners by name, with the type of what each name carries. */
export interface Emitter<Events extends object> {
  /** Answers how to unsubscribe; doing so twice is harmless. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void
  has(name: keyof Events): boolean
}

interface Registered<Event> {
  readonly listener: (event: Event) => void
  active: boolean
}

type Table<Events extends object> = { [Name in keyof Events]?: readonly Registered<Events[Name]>[] }

/**
 * Listeners are called in the order in which they came, those of the moment: one added while an event is told hears the
 * next one, one removed hears nothing more. What a listener throws, or the promise of an async one rejects with, goes to
 * `onThrown`, and the others are called all the same.
 */
export function createEmitter<Events extends object>(
  onThrown: (thrown: unknown, name: keyof Events) => void,
): Emitter<Events> {
  const table: Table<Events> = {}
  const call = <Name extends keyof Events>(
    name: Name,
    listener: (event: Events[Name]) => unknown,
    event: Events[Name],
  ): void => {
    try {
      const result = listener(event)
      if (result instanceof Promise) result.catch((thrown: unknown) => onThrown(thrown, name))
    } catch (thrown) {
      onThrown(thrown, name)
    }
  }
  return {
    on(name, listener) {
      const registered = { listener, active: true }
      table[name] = [...(table[name] ?? []), registered]
      return () => {
        registered.active = false
        table[name] = table[name]?.filter((other) => other !== registered)
      }
    },
    emit(name, event) {
      for (const { active, listener } of table[name] ?? []) if (active) call(name, listener, event)
    },
    has: (name) => (table[name]?.length ?? 0) > 0,
  }
}
