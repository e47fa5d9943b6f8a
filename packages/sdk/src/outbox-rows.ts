import type { Seam } from './news.ts'
import type { OutboxRows } from './outbox.ts'
import type { KeptRows } from './store/kept-rows.ts'

/** Where the outbox's rows are kept; `local` is asked for with the first of them. */
export function createOutboxRows(local: () => KeptRows, seam: Seam | undefined): OutboxRows {
  return {
    put(order, row, settled) {
      // Who is not signed in has nothing to keep.
      if (local().tables.userId === undefined) settled?.()
      else local().commit([{ table: 'outbox', id: order, row }], settled)
    },
    setSending(orders, isSending) {
      const { tables, subjects } = local()
      seam?.tell({ kind: 'sending', orders, isSending })
      for (const order of orders) tables.setSending(order, isSending)
      subjects.flush()
    },
  }
}
