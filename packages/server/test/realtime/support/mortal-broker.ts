import type { Broker } from '../../../src/realtime/broker.ts'

/** A broker whose node can die: from then on it neither says nor hears anything. */
export interface MortalBroker extends Broker {
  die(): void
}

/** Gives a broker an end without a goodbye. */
export function mortal(broker: Broker): MortalBroker {
  let isDead = false
  return {
    publish(message) {
      if (!isDead) broker.publish(message)
    },
    listen: (listener) =>
      broker.listen({
        message: (message) => {
          if (!isDead) listener.message(message)
        },
        missed: () => {
          if (!isDead) listener.missed()
        },
      }),
    close: () => broker.close(),
    die() {
      isDead = true
    },
  }
}
