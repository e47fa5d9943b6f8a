import type { Columns } from '../columns.ts'

/**
 * What is searched, made of the messages and for nothing else: it may be thrown away, and is made again. No foreign keys:
 * the indexer alone writes here, and what it has written of a message goes with the message.
 */
export function defineSearchTables(c: Columns) {
  const searchDocuments = c.table(
    'search_documents',
    {
      /** In the order of the messages' times: the time in milliseconds × 1024, and what tells those of one millisecond apart. */
      key: c.int('key').primaryKey(),
      streamKey: c.int('stream_key').notNull(),
      seq: c.int('seq').notNull(),
      /**
       * The tokens of a message, with spaces between them. SQLite has an index over them in the virtual table `search_index`,
       * which triggers keep; on Postgres they are a tsvector with an index of its own. Both are in the migration alone.
       */
      tokens: c.tokens('tokens').notNull(),
    },
    (t) => [c.uniqueIndex('search_documents_place_unique').on(t.streamKey, t.seq)],
  )

  // Streams that have no row were not looked at yet.
  const searchProgress = c.table('search_progress', {
    streamKey: c.int('stream_key').primaryKey(),
    seq: c.int('seq').notNull(),
  })
  return { searchDocuments, searchProgress }
}
