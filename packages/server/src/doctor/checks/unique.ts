import type { Check } from '../check.ts'

/** What may be there once, under the index that sees to it. */
interface Unique {
  readonly index: string
  readonly table: string
  readonly columns: readonly string[]
  /** Columns that may be shown. */
  readonly shown: readonly string[]
  readonly where?: string | undefined
}

/** Every unique index, and the primary keys of the journal. */
export const UNIQUE: readonly Unique[] = [
  {
    index: 'events_client_message_id_unique',
    table: 'events',
    columns: ['client_message_id', 'stream_key', 'actor_key'],
    shown: ['stream_key', 'actor_key', 'client_message_id'],
    where: 'client_message_id is not null',
  },
  {
    index: 'events_message_id_unique',
    table: 'events',
    columns: ['message_id'],
    shown: ['message_id'],
    where: 'message_id is not null',
  },
  {
    index: 'conversations_client_conversation_id_unique',
    table: 'conversations',
    columns: ['client_conversation_id', 'created_by'],
    shown: ['created_by', 'client_conversation_id'],
    where: 'client_conversation_id is not null',
  },
  {
    index: 'conversations_direct_key_unique',
    table: 'conversations',
    columns: ['direct_key'],
    shown: ['direct_key'],
    where: 'direct_key is not null',
  },
  all('conversations', 'id'),
  all('conversations', 'message_stream_key'),
  all('conversations', 'receipt_stream_key'),
  all('streams', 'name'),
  all('users', 'id'),
  { ...all('users', 'username_key'), shown: [] },
  { ...all('users', 'email_key'), shown: [], where: 'email_key is not null' },
  all('invitations', 'id'),
  { ...all('invitations', 'digest'), shown: [] },
  all('sessions', 'id'),
  all('oauth_clients', 'id'),
  all('oauth_consents', 'id'),
  all('oauth_reviews', 'id'),
  {
    index: 'oauth_consents_user_key_unique',
    table: 'oauth_consents',
    columns: ['user_key', 'client_key'],
    shown: ['user_key', 'client_key'],
  },
  {
    index: 'provider_sign_ins_state_unique',
    table: 'provider_sign_ins',
    columns: ['state_digest'],
    shown: [],
    where: 'state_digest is not null',
  },
  {
    index: 'provider_sign_ins_code_unique',
    table: 'provider_sign_ins',
    columns: ['code_digest'],
    shown: [],
    where: 'code_digest is not null',
  },
  all('notifications', 'id'),
  {
    index: 'search_documents_place_unique',
    table: 'search_documents',
    columns: ['stream_key', 'seq'],
    shown: ['stream_key', 'seq'],
  },
  {
    index: 'notifications_client_notification_id_unique',
    table: 'notifications',
    columns: ['client_notification_id', 'sender_key'],
    shown: ['sender_key', 'client_notification_id'],
  },
  {
    index: 'addressees_notification_key_unique',
    table: 'addressees',
    columns: ['notification_key', 'user_key'],
    shown: ['notification_key', 'user_key'],
  },
  {
    index: 'sessions_device_unique',
    table: 'sessions',
    columns: ['user_key', 'device_id'],
    shown: ['user_key'],
    where: 'device_id is not null and revoked_at is null and merged_into is null',
  },
]

function all(table: string, column: string): Unique {
  return { index: `${table}_${column}_unique`, table, columns: [column], shown: [column] }
}

/** Idempotency keys, ids and names. */
export function uniqueChecks(): readonly Check[] {
  return [
    {
      name: 'unique',
      promise: 'idempotency keys, ids, names, pairs and devices are there once',
      rules: ['MSG2', 'CNV1', 'CNV18', 'ACC1', 'SES5'],
      broken: UNIQUE.map(duplicates).join(' union all '),
    },
  ]
}

function duplicates({ index, table, columns, shown, where = 'true' }: Unique): string {
  const key = shown.map((column) => `cast(${column} as text)`).join(` || ' ' || `)
  return `
    select '${index}' as rule_of, ${key === '' ? "''" : `min(${key})`} as what, count(*) as found
    from ${table} where ${where} group by ${columns.join(', ')} having count(*) > 1`
}
