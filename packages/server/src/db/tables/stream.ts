import { sql } from 'drizzle-orm'
import type { Columns } from '../columns.ts'

/** Settings, streams, their events, and who may see which part of them. */
export function defineStreamTables(c: Columns) {
  const settings = c.table('settings', {
    name: c.text('name').primaryKey(),
    value: c.text('value').notNull(),
  })

  const streams = c.table(
    'streams',
    {
      key: c.key(),
      /** `m:<conversation>`, `r:<conversation>` or `u:<user>`. */
      name: c.text('name').notNull(),
      head: c.int('head').notNull().default(0),
      headTag: c.int('head_tag').notNull().default(0),
      floor: c.int('floor').notNull().default(0),
      lastTs: c.int('last_ts').notNull().default(0),
    },
    (t) => [c.uniqueIndex('streams_name_unique').on(t.name)],
  )

  // No foreign keys on the hot tables: only the journal writes them, and a check of every row costs as much as an index.
  const events = c.table(
    'events',
    {
      streamKey: c.int('stream_key').notNull(),
      seq: c.int('seq').notNull(),
      ts: c.int('ts').notNull(),
      type: c.small('type').notNull(),
      tag: c.int('tag').notNull(),
      actorKey: c.int('actor_key'),
      messageId: c.text('message_id'),
      clientMessageId: c.text('client_message_id'),
      /** Of a message as it was sent; none once it is deleted, since a digest of a short text gives it away. */
      payloadHash: c.int('payload_hash'),
      /** Of a message: when its body was last changed. */
      editedAt: c.int('edited_at'),
      /**
       * Of a message: the seq of the newest edit of it or reaction to it; of these: that of the one before. So a deletion
       * finds them all.
       */
      editSeq: c.int('edit_seq'),
      body: c.json<unknown>('body').notNull(),
    },
    (t) => [
      c.primaryKey({ name: 'events_pk', columns: [t.streamKey, t.seq] }),
      c
        .uniqueIndex('events_message_id_unique')
        .on(t.messageId, t.streamKey)
        .where(sql`message_id is not null`),
      c
        .uniqueIndex('events_client_message_id_unique')
        .on(t.clientMessageId, t.streamKey, t.actorKey)
        .where(sql`client_message_id is not null`),
    ],
  )

  const spans = c.table(
    'spans',
    {
      streamKey: c.int('stream_key').notNull(),
      userKey: c.int('user_key').notNull(),
      fromSeq: c.int('from_seq').notNull(),
      toSeq: c.int('to_seq'),
      endedTs: c.int('ended_ts'),
      /** Of an open span on messages: until when the user may not write there, as his member's row says. Sends look here. */
      barredUntil: c.int('barred_until'),
    },
    (t) => [
      c.primaryKey({ name: 'spans_pk', columns: [t.streamKey, t.userKey, t.fromSeq] }),
      c.index('spans_user_key_index').on(t.userKey, t.streamKey),
    ],
  )
  return { settings, streams, events, spans }
}

/** What the other tables refer to. */
export type StreamTables = ReturnType<typeof defineStreamTables>
