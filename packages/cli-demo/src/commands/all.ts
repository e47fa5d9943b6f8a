import type { CommandGroup } from '../cli/program.ts'
import { login, logout, register, whoami } from './account.ts'
import { createCompletion } from './completion.ts'
import { conversations, open } from './conversations.ts'
import {
  addToGroup,
  createGroup,
  join,
  leave,
  listGroups,
  removeFromGroup,
  renameGroup,
  setRole,
  showGroup,
} from './groups.ts'
import { history } from './history.ts'
import { edit, remove, send } from './send.ts'
import { listSessions, renameSession, revokeOtherSessions, revokeSession } from './sessions.ts'
import { sync } from './sync.ts'
import { tail } from './tail.ts'
import { talk } from './talk.ts'

/** Every command, in the order of the help. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [
  {
    title: 'You:',
    commands: [
      ...[register, login, logout, whoami],
      ...[listSessions, renameSession, revokeSession, revokeOtherSessions],
    ],
  },
  {
    title: 'Conversations:',
    commands: [
      ...[conversations, open, join, leave],
      ...[listGroups, createGroup, showGroup, addToGroup, removeFromGroup, renameGroup, setRole],
    ],
  },
  { title: 'Messages:', commands: [send, edit, remove, history] },
  { title: 'Staying in touch:', commands: [talk, tail, sync] },
  { title: 'The program:', commands: [createCompletion(() => COMMAND_GROUPS)] },
]
