import { setTimeout as pause } from 'node:timers/promises'
import type { NumberedDevice } from './numbered.ts'
import type { NumberedTalkOrders } from './orders.ts'
import type { Talk } from './talk.ts'

/** Lets a numbered client say and mark until it is told to stop. */
export function startNumberedTalk(device: NumberedDevice, orders: NumberedTalkOrders): Talk {
  let isOver = false
  const { places, boot, pauseMs } = orders
  const talk = async (): Promise<void> => {
    const { chance } = device
    for (let number = 1; !isOver; number += 1) {
      const place = chance.pick(places)
      const dice = chance.next()
      // One thing after another: this protocol promises no order across connections.
      if (dice < 0.8) device.say(place, `${device.name}-${boot}-${number}`)
      else device.mark(place, dice < 0.9 ? 41 : 42)
      while (device.waiting() > 0) await pause(10)
      await pause(chance.between(0, pauseMs))
    }
  }
  const talking = talk()
  return {
    async hush() {
      isOver = true
      await talking
    },
  }
}
