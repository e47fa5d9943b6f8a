import { createHash } from 'node:crypto'
import { z } from 'zod'
import { expect, test } from 'vitest'
import * as protocol from '@tidings/protocol'

/** One line a version: the hash of everything that crosses the wire in it. */
const HASHES: Readonly<Record<number, string>> = {
  1: 'b3d4a31baf3cc660',
}

function wireHash(): string {
  const hash = createHash('sha256')
  for (const [name, value] of Object.entries(protocol).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (value instanceof z.ZodType)
      hash.update(
        `${name} ${JSON.stringify(z.toJSONSchema(value, { unrepresentable: 'any', io: 'input' }))}\n`,
      )
  }
  const { EVENTS, METHODS, ERRORS, CLOSE_CODES, LIMITS } = protocol
  return hash
    .update(JSON.stringify({ EVENTS, METHODS, ERRORS, CLOSE_CODES, LIMITS }))
    .digest('hex')
    .slice(0, 16)
}

test('[WIR1] when a schema, a number table, an error, a close code or a limit changes, the version or this hash must', () => {
  expect(wireHash()).toBe(HASHES[protocol.PROTOCOL_VERSION])
})

test('[WIR1] the hash sees a change', () => {
  const before = JSON.stringify(
    z.toJSONSchema(protocol.sendSchema, { io: 'input', unrepresentable: 'any' }),
  )
  const after = JSON.stringify(
    z.toJSONSchema(protocol.sendSchema.extend({ more: z.string() }), {
      io: 'input',
      unrepresentable: 'any',
    }),
  )
  expect(after).not.toBe(before)
})
