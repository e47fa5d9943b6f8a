/**
 * The version of everything that crosses the wire. A test hashes all schemas and number tables: when they change, the
 * version is raised and a line is added to the history.
 *
 * History
 * - 1: accounts, sessions, conversations, groups, messages of text, images, videos and app kinds, answers, mentions, their editing and
 *   deletion, receipts, typing, presence, sync, profiles, contacts, blocks, moderation, invitations, exports, erasure, notifications, search.
 */
export const PROTOCOL_VERSION = 1
