/**
 * The version of everything that crosses the wire. A test hashes all schemas and number tables: when they change, the
 * version is raised and a line is added to the history.
 *
 * History
 * - 1: accounts, sessions, conversations, groups, text messages and app kinds, their editing and deletion, receipts, typing, presence, sync.
 */
export const PROTOCOL_VERSION = 1
