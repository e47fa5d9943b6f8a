import { setTimeout as pause } from 'node:timers/promises'
import type { TcpProxy } from '../../../../server/test/support/tcp-proxy.ts'
import type { Chance } from './random.ts'

/** What can happen to a wire. */
export const FAULTS = ['cut', 'stall', 'delay', 'halfOpen', 'refuse'] as const
export type Fault = (typeof FAULTS)[number]

/** Bad weather on one wire. */
export interface Storm {
  /** How often each fault has happened. */
  readonly counts: Readonly<Record<Fault, number>>
  /** Lets no further fault begin. Resolves when the wire is whole. */
  end(): Promise<void>
}

/** Breaks a wire again and again, each time in another way and for another while, with good moments in between. */
export function openStorm(proxy: TcpProxy, chance: Chance, longestMs: number): Storm {
  const counts = { cut: 0, stall: 0, delay: 0, halfOpen: 0, refuse: 0 }
  const calm = new AbortController()
  /** Faults are made of time: this is no waiting for something to have happened. */
  const lasts = (mostMs: number): Promise<void> =>
    pause(chance.between(10, mostMs), undefined, { signal: calm.signal }).catch(() => undefined)
  const suffer: Readonly<Record<Fault, () => Promise<void>>> = {
    async cut() {
      proxy.cut()
    },
    async stall() {
      proxy.stall(true)
      await lasts(longestMs)
      proxy.stall(false)
    },
    async delay() {
      proxy.delay(chance.between(20, 250))
      await lasts(longestMs)
      proxy.delay(0)
    },
    async halfOpen() {
      proxy.halfOpen()
    },
    async refuse() {
      proxy.refuse(true)
      proxy.cut()
      await lasts(longestMs)
      proxy.refuse(false)
    },
  }
  const raging = (async () => {
    // One of each at least, then as it comes.
    for (let number = 0; !calm.signal.aborted; number += 1) {
      const fault = FAULTS[number] ?? chance.pick(FAULTS)
      counts[fault] += 1
      await suffer[fault]()
      await lasts(longestMs)
    }
  })()
  return {
    counts,
    end() {
      calm.abort()
      return raging
    },
  }
}
