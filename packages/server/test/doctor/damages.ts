import { FOREVER } from '@tidings/protocol/wire'
import type { Engine } from '../support/databases.ts'

/** Something that must never happen to a database, and what the doctor calls it. */
export interface Damage {
  readonly what: string
  /** The checks that no longer hold: these and no others. */
  readonly found: readonly string[]
  /** What does it; `drop` loosens a foreign key of Postgres (on SQLite they are off while damage is done). */
  readonly statements: (engine: Engine) => readonly string[]
}

const DIRECT = `(select message_stream_key from conversations where kind = 'direct')`
const GROUP = `(select message_stream_key from conversations where name = 'group_1')`
const GROUP_RECEIPTS = `(select receipt_stream_key from conversations where name = 'group_1')`
const GROUP_KEY = `(select key from conversations where name = 'group_1')`
const DIRECT_KEY = `(select key from conversations where kind = 'direct')`
const user = (name: string) => `(select key from users where username = '${name}')`
const own = (name: string) => `(select stream_key from users where username = '${name}')`

/** A message that was never edited, in the middle of its stream. */
const FOUR = `stream_key = ${DIRECT} and seq = 4`

function damage(what: string, found: string | readonly string[], ...statements: string[]): Damage {
  return {
    what,
    found: typeof found === 'string' ? [found] : found,
    statements: () => statements,
  }
}

/** One that a foreign key would refuse. */
function orphan(what: string, found: string, [key, statement]: [string, string]): Damage {
  const [table] =
    /^[a-z_]+?(?=_(?:conversation_key|user_key|session_key|created_by))/.exec(key) ?? []
  const loosen = `alter table ${table} drop constraint ${key}`
  return {
    what,
    found: [found],
    statements: (engine) => (engine === 'postgres' ? [loosen, statement] : [statement]),
  }
}

const KEEP_ONCE = 'events_client_message_id_unique'

export const DAMAGES: readonly Damage[] = [
  damage(
    'an event lost from the middle',
    ['stream-seqs', 'search-documents'],
    `delete from events where ${FOUR}`,
  ),
  damage(
    'the newest event lost',
    'stream-seqs',
    `delete from events where stream_key = ${GROUP} and seq = (select max(seq) from events where stream_key = ${GROUP})`,
  ),
  damage(
    'a head without its event',
    'stream-seqs',
    `update streams set head = head + 1 where key = ${DIRECT}`,
  ),
  damage(
    'a floor above events',
    'stream-seqs',
    `update streams set floor = 1 where key = ${own('dan')}`,
  ),
  damage(
    'a head with the tag of another history',
    'stream-heads',
    `update streams set head_tag = head_tag % 1000 + 1 where key = ${DIRECT}`,
  ),
  damage(
    'a head with another time',
    'stream-heads',
    `update streams set last_ts = last_ts + 1 where key = ${DIRECT}`,
  ),
  damage(
    'an event older than the one before',
    'event-times',
    `update events set ts = 1 where ${FOUR}`,
  ),
  damage('an event without a tag', 'event-tags', `update events set tag = 0 where ${FOUR}`),
  damage(
    'an event in a stream where it does not belong',
    'event-types',
    `update events set type = 27 where stream_key = ${GROUP} and type = 71`,
  ),
  damage(
    'a conversation that has the stream of another name',
    'stream-names',
    `update streams set name = 'm:another' where key = ${DIRECT}`,
  ),
  damage('a stream of nobody', 'stream-owners', `insert into streams (name) values ('m:nobody')`),
  {
    what: 'an event whose body cannot be read',
    found: ['event-bodies'],
    statements: (engine) =>
      engine === 'sqlite'
        ? [`update events set body = '{' where ${FOUR}`]
        : [
            'alter table events alter column body drop not null',
            `update events set body = null where ${FOUR}`,
          ],
  },
  damage(
    'a message without an id',
    'message-columns',
    `update events set message_id = null where ${FOUR}`,
  ),
  damage(
    'an edited message that leads to something else',
    'message-edits',
    `update events set edit_seq = 4 where stream_key = ${DIRECT} and seq = 1`,
  ),
  damage(
    'a deleted message that can still be read',
    ['message-erased', 'search-documents'],
    `update events set body = '{"kind":"text","text":"two"}' where stream_key = ${DIRECT} and seq = 2`,
  ),
  damage(
    'a deleted message that can still be read in an edit',
    'message-erased',
    `update events set body = '{"message":{"seq":2,"body":{"kind":"text","text":"zwei"}}}'
      where stream_key = ${DIRECT} and seq = (select edit_seq from events where stream_key = ${DIRECT} and seq = 2)`,
  ),
  damage(
    'a reaction to a deleted message that can still be read',
    ['message-erased'],
    `update events set body = '{"messageSeq":2,"reaction":"mine","removed":true}'
      where stream_key = ${DIRECT} and type = 26 and seq = (select max(seq) from events where stream_key = ${DIRECT} and type = 26)`,
  ),
  damage(
    'what a deleted message said before',
    'message-erased',
    `insert into message_versions values (${DIRECT}, 2, 1, '{}')`,
  ),
  damage(
    'what a message said that is not there',
    'message-details',
    `insert into message_versions values (${DIRECT}, 9999, 1, '{}')`,
  ),
  damage(
    'a hidden message that is none',
    'message-details',
    `insert into hidden_messages values (${DIRECT}, 9999, ${user('ann')})`,
  ),
  damage(
    'a mention in a message that is not there',
    'message-details',
    `insert into mentions values (${DIRECT}, 9999, ${user('bob')})`,
  ),
  damage(
    'somebody who is counted as mentioned and is not',
    'message-mentions',
    `insert into mentions values (${DIRECT}, 1, ${user('bob')})`,
  ),
  damage('somebody who is mentioned and not counted', 'message-mentions', 'delete from mentions'),
  damage(
    'a reaction that was never told',
    'message-reactions',
    `insert into reactions values (${DIRECT}, 1, 'untold', ${user('ann')})`,
  ),
  damage('a reaction that was told and not kept', 'message-reactions', 'delete from reactions'),
  orphan('a message hidden from nobody', 'detail-parents', [
    'hidden_messages_user_key_users_key_fk',
    `insert into hidden_messages values (${DIRECT}, 1, 9999)`,
  ]),
  damage(
    'a deletion that was told and not done',
    ['message-deletions', 'search-documents'],
    `update events set payload_hash = 1, body = '{"kind":"text","text":"three"}' where stream_key = ${DIRECT} and seq = 3`,
  ),
  damage(
    'a span beyond the head',
    'span-bounds',
    `update spans set to_seq = 1000 where stream_key = ${GROUP} and user_key = ${user('bob')}`,
  ),
  damage(
    'spans that overlap',
    'span-overlaps',
    `update spans set to_seq = (select head from streams where key = ${GROUP_RECEIPTS})
      where stream_key = ${GROUP_RECEIPTS} and user_key = ${user('cat')} and from_seq = 1`,
  ),
  damage(
    'a member who sees no receipts',
    'span-members',
    `delete from spans where stream_key = ${GROUP_RECEIPTS} and user_key = ${user('cat')} and to_seq is null`,
  ),
  damage(
    'one who has left and goes on reading',
    'span-members',
    `update spans set to_seq = null, ended_ts = null where stream_key = ${GROUP} and user_key = ${user('bob')}`,
  ),
  damage(
    'a stranger who reads',
    'span-strangers',
    `insert into spans (stream_key, user_key, from_seq) values (${DIRECT}, ${user('dan')}, 1)`,
  ),
  damage(
    "one who reads another's own stream",
    'span-strangers',
    `insert into spans (stream_key, user_key, from_seq) values (${own('ann')}, ${user('dan')}, 1)`,
  ),
  damage(
    'a user who does not see all of his own stream',
    'span-own',
    `update spans set from_seq = 2 where stream_key = ${own('ann')}`,
  ),
  damage(
    'a span that ends before the leaving',
    'span-ends',
    `update spans set to_seq = to_seq - 1 where stream_key = ${GROUP} and user_key = ${user('bob')}`,
  ),
  damage(
    'a member whose coming no event tells',
    'member-events',
    `update events set body = '{"userId":"nobody"}' where stream_key = ${GROUP} and seq = (
      select max(seq) from events where stream_key = ${GROUP} and type = 72)`,
  ),
  damage(
    'a conversation that has miscounted',
    'member-counts',
    `update conversations set member_count = member_count + 1 where name = 'group_1'`,
  ),
  damage(
    'a group without an owner',
    'group-owners',
    `update members set role = 'member' where conversation_key = ${GROUP_KEY}`,
  ),
  damage(
    'a direct conversation kept under another pair',
    'direct-pairs',
    `update conversations set direct_key = '1:99999' where kind = 'direct'`,
  ),
  damage(
    'a mark beyond the head',
    'member-marks',
    `update members set delivered_seq = 1000 where conversation_key = ${GROUP_KEY} and user_key = ${user('ann')}`,
  ),
  damage(
    'something read that was not delivered',
    'member-marks',
    `update members set delivered_seq = -1 where conversation_key = ${GROUP_KEY} and user_key = ${user('ann')}`,
  ),
  damage(
    'notes that somebody else is in',
    'direct-pairs',
    `update conversations set kind = 'direct' where kind = 'self'`,
  ),
  damage(
    'something read privately beyond the head',
    ['member-marks', 'own-marks'],
    `update members set private_read_seq = 1000 where conversation_key = ${GROUP_KEY} and user_key = ${user('bob')}`,
  ),
  damage(
    'something marked as unread that was not read',
    'member-marks',
    `update members set unread_from = 1000 where conversation_key = ${GROUP_KEY} and user_key = ${user('cat')}`,
  ),
  damage(
    'something cleared of which the own stream does not tell',
    'own-clearings',
    `update members set cleared_seq = 2 where conversation_key = ${GROUP_KEY} and user_key = ${user('cat')}`,
  ),
  damage(
    'a preference of which the own stream does not tell',
    'own-preferences',
    `insert into preferences (conversation_key, user_key, muted_until) values (${GROUP_KEY}, ${user('ann')}, 5)`,
  ),
  damage(
    'a preference that is not the one that was told last',
    'own-preferences',
    `update preferences set pinned_at = null`,
  ),
  damage(
    'a preference of somebody who was never there',
    ['own-preferences', 'preference-parents'],
    `insert into preferences (conversation_key, user_key) values (${GROUP_KEY}, ${user('dan')})`,
  ),
  damage(
    'a mark that has gone back',
    'receipt-marks',
    `update members set delivered_seq = 3 where conversation_key = ${GROUP_KEY} and user_key = ${user('bob')}`,
  ),
  damage(
    'a mark of which no event tells',
    'receipt-marks',
    `update members set delivered_seq = 1 where conversation_key = ${DIRECT_KEY} and user_key = ${user('ann')}`,
  ),
  damage(
    'a reading of which the own stream does not tell',
    'own-marks',
    `update members set read_seq = 3 where conversation_key = ${GROUP_KEY} and user_key = ${user('bob')}`,
  ),
  damage(
    'an event of no stream',
    'event-parents',
    `insert into events (stream_key, seq, ts, type, tag, body) values (9999, 1, 1, 71, 1, '{}')`,
  ),
  damage(
    'an event caused by nobody known',
    'event-actors',
    `update events set actor_key = 9999 where ${FOUR}`,
  ),
  damage(
    'a span on no stream',
    'span-parents',
    `insert into spans (stream_key, user_key, from_seq) values (9999, ${user('ann')}, 1)`,
  ),
  orphan('a conversation made by nobody', 'conversation-parents', [
    'conversations_created_by_users_key_fk',
    `update conversations set created_by = 9999 where name = 'all'`,
  ]),
  orphan('a member of no conversation', 'member-parents', [
    'members_conversation_key_conversations_key_fk',
    `insert into members (conversation_key, user_key, role, state, joined_at) values (9999, ${user('ann')}, 'member', 'left', 1)`,
  ]),
  orphan('a session of nobody', 'session-parents', [
    'sessions_user_key_users_key_fk',
    `update sessions set user_key = 9999 where key = 1`,
  ]),
  orphan('a ticket of no session', 'token-parents', [
    'tickets_session_key_sessions_key_fk',
    `insert into tickets (digest, session_key, created_at, expires_at) values ('x', 9999, 1, 1)`,
  ]),
  orphan('a refresh token of no session', 'token-parents', [
    'refresh_tokens_session_key_sessions_key_fk',
    `insert into refresh_tokens (digest, session_key, generation, salt, created_at, expires_at) values ('x', 9999, 1, 'x', 1, 1)`,
  ]),
  orphan('an account elsewhere of nobody', 'identity-parents', [
    'linked_identities_user_key_users_key_fk',
    `insert into linked_identities (issuer, subject, user_key, created_at) values ('x', 'x', 9999, 1)`,
  ]),
  orphan('tokens of no session', 'identity-parents', [
    'external_sessions_session_key_sessions_key_fk',
    `insert into external_sessions (digest, session_key, refused_until) values ('x', 9999, 0)`,
  ]),
  damage(
    "a device's position beyond the head",
    'device-cursors',
    `update device_cursors set seq = 1000 where stream_key = ${GROUP}`,
  ),
  damage(
    "a device's position in another history",
    'device-cursors',
    `update device_cursors set tag = tag % 1000 + 1 where stream_key = ${GROUP}`,
  ),
  damage(
    "a device's position of no session",
    'device-cursors',
    `insert into device_cursors values (9999, ${DIRECT}, 0, 0)`,
  ),
  damage(
    'a client that acts by the consent of somebody else',
    'grant-sessions',
    `update oauth_consents set user_key = ${user('dan')}`,
  ),
  damage(
    "an access token of a client for a user's own session",
    'grant-tokens',
    `update oauth_access_tokens set session_key = (select min(key) from sessions where client_key is null)`,
  ),
  damage(
    'a used code that has given nothing',
    'grant-codes',
    `update oauth_authorization_codes set session_key = null`,
  ),
  damage(
    'conversations of a consent that is not limited',
    'consent-parents',
    `insert into oauth_consent_conversations (consent_key, conversation_key) values ((select key from oauth_consents), ${GROUP_KEY})`,
  ),
  damage(
    'a client that waits for a review that nobody was asked for',
    'review-queue',
    `update oauth_clients set state = 'submitted'`,
  ),
  damage(
    'a refusal without a reason, and by nobody',
    'review-answers',
    `insert into oauth_reviews (id, client_key, kind, scopes, state, created_at)
     values ('00000000-0000-4000-8000-000000000000', (select min(key) from oauth_clients), 'verification', '[]', 'rejected', 1)`,
  ),
  damage(
    'a notification that stands where no event tells it',
    'notification-places',
    `update addressees set seq = 1 where user_key = ${user('bob')} and read_at is not null`,
  ),
  damage(
    'a notification that a user was given before his turn',
    'notification-deliveries',
    `update notifications set given_to = 1 where for_users_to > 0`,
  ),
  damage(
    'a notification that was told twice',
    'notification-once',
    `update events set body = (
      select other.body from events other where other.stream_key = ${own('bob')} and other.type = 80 order by other.seq limit 1)
      where stream_key = ${own('bob')} and type = 80`,
    `delete from addressees where user_key = ${user('bob')}`,
  ),
  damage(
    'a deleted message that can be found',
    'search-documents',
    `insert into search_documents (key, stream_key, seq, tokens) values (1, ${DIRECT}, 3, 'three')`,
  ),
  damage(
    'a message that cannot be found although its stream was looked at',
    'search-documents',
    `delete from search_documents where ${FOUR}`,
  ),
  damage(
    'a stream that was looked at beyond its end',
    'search-progress',
    `update search_progress set seq = 1000 where stream_key = ${GROUP}`,
  ),
  orphan('a code of nobody', 'people-parents', [
    'mail_codes_user_key_users_key_fk',
    `insert into mail_codes (digest, user_key, purpose, email_key, expires_at) values ('x', 9999, 'reset', 'x', 1)`,
  ]),
  damage(
    'a contact who knows nothing of it',
    'contact-pairs',
    `delete from contacts where user_key = ${user('bob')}`,
  ),
  damage(
    'one who is muted and may send',
    'span-bars',
    `update spans set barred_until = null where stream_key = ${GROUP} and user_key = ${user('cat')}`,
  ),
  damage(
    'a direct conversation that is barred by nobody',
    'direct-bars',
    `update members set barred_until = ${FOREVER} where conversation_key = ${DIRECT_KEY}`,
    `update spans set barred_until = ${FOREVER} where stream_key = ${DIRECT}`,
  ),
  damage(
    'a ban of one who is in',
    'bans',
    `update bans set user_key = ${user('cat')} where conversation_key = ${GROUP_KEY}`,
  ),
  damage(
    'an invitation used more often than it may be',
    'invitation-uses',
    `update invitations set max_uses = uses - 1`,
  ),
  damage(
    'an erased user who has a name again',
    'erased-users',
    `update users set display_name = 'Fay' where erased_at is not null`,
  ),
  damage(
    'an erased user who is counted as mentioned again',
    'erased-users',
    `insert into mentions select e.stream_key, e.seq, u.key from events e cross join users u
      where u.erased_at is not null and e.type = 20 and cast(e.body as text) like '%"' || u.id || '"%'`,
  ),
  damage('no epoch', 'epoch', `delete from settings where name = 'epoch'`),
  damage(
    'an epoch that is no number',
    'epoch',
    `update settings set value = 'x' where name = 'epoch'`,
  ),
  damage('a unique index that is gone', 'indexes', `drop index ${KEEP_ONCE}`),
  damage(
    'an idempotency key used twice',
    ['indexes', 'unique'],
    `drop index ${KEEP_ONCE}`,
    `update events set client_message_id = 'one' where ${FOUR}`,
  ),
  damage(
    'two conversations of one pair',
    ['indexes', 'unique', 'direct-pairs'],
    'drop index conversations_direct_key_unique',
    `update conversations set direct_key = (select direct_key from conversations where kind = 'direct') where name = 'all'`,
  ),
]
