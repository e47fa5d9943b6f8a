import { expect, test } from 'vitest'
import { ProofLedger } from '../../../src/doors/device/proof.ts'

const at = (seq: number) => ({ seq, tag: seq * 10 })

test('[NUM12] what was written is proven by the answer to a ping that was sent after it, and not before', () => {
  const ledger = new ProofLedger()
  ledger.sent('m:a', at(1))
  const first = ledger.startPing()
  ledger.sent('m:a', at(2))
  expect(ledger.dirty).toBe(false)
  ledger.pong(first ?? '')
  expect(ledger.take().proven).toEqual(new Map([['m:a', at(1)]]))
  ledger.pong(ledger.startPing() ?? '')
  expect(ledger.take().proven).toEqual(new Map([['m:a', at(2)]]))
  expect(ledger.open).toBe(false)
})

test('[NUM12] an answer to another ping proves nothing', () => {
  const ledger = new ProofLedger()
  ledger.sent('m:a', at(1))
  for (const payload of ['', '0', '1', '2', 'x']) ledger.pong(payload)
  expect(ledger.dirty).toBe(false)
  const ping = ledger.startPing()
  for (const payload of ['', '0', '2', 'x']) ledger.pong(payload)
  expect(ledger.dirty).toBe(false)
  ledger.pong(ping ?? '')
  expect(ledger.dirty).toBe(true)
})

test('[NUM12] one ping is under way at a time, and none when there is nothing to prove', () => {
  const ledger = new ProofLedger()
  expect(ledger.startPing()).toBeUndefined()
  ledger.sent('m:a', at(1))
  expect(ledger.startPing()).toBeDefined()
  ledger.sent('m:a', at(2))
  expect(ledger.startPing()).toBeUndefined()
})

test('[NUM12] a refused cursor is forgotten, and what is proven afterwards is kept', () => {
  const ledger = new ProofLedger()
  ledger.sent('m:a', at(9))
  ledger.pong(ledger.startPing() ?? '')
  ledger.refuse('m:a')
  ledger.sent('m:a', at(2))
  ledger.pong(ledger.startPing() ?? '')
  const progress = ledger.take()
  expect(progress).toEqual({ proven: new Map([['m:a', at(2)]]), refused: new Set(['m:a']) })
  ledger.giveBack(progress)
  expect(ledger.take()).toEqual(progress)
})

test('[NUM12] after another method 20 only what is sent from then on counts', () => {
  const ledger = new ProofLedger()
  ledger.sent('m:a', at(5))
  const ping = ledger.startPing()
  ledger.restart()
  ledger.pong(ping ?? '')
  expect(ledger.dirty).toBe(false)
})
