import type { Broker, BrokerListener, BrokerMessage } from '../../../src/realtime/broker.ts'

/** How a message travels; the default delivers it at once. Tests lose, double, delay and reorder here. */
export type Carry = (message: BrokerMessage, deliver: () => void) => void

/** What the memory brokers of several nodes in one process share. */
export interface Exchange {
  readonly listeners: Set<BrokerListener>
  readonly carry: Carry
}

/** An exchange between memory brokers. */
export function createExchange(carry: Carry = (_message, deliver) => deliver()): Exchange {
  return { listeners: new Set(), carry }
}

/** A broker inside one process: of a single node, or of several that share an exchange. */
export function createMemoryBroker(exchange: Exchange = createExchange()): Broker {
  let own: BrokerListener | undefined
  let closed = false

  const send = (message: BrokerMessage, to: BrokerListener) => {
    exchange.carry(message, () => {
      // Looked up on arrival: one that has closed meanwhile must hear nothing.
      if (exchange.listeners.has(to)) to.message(message)
    })
  }

  return {
    publish(message) {
      if (closed) return
      for (const to of exchange.listeners) {
        if (to !== own) queueMicrotask(() => send(message, to))
      }
    },
    listen(listener) {
      own = listener
      exchange.listeners.add(listener)
      return Promise.resolve()
    },
    close() {
      closed = true
      if (own !== undefined) exchange.listeners.delete(own)
      return Promise.resolve()
    },
  }
}
