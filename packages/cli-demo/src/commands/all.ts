import type { CommandGroup } from '../cli/program.ts'
import { login, logout, register, whoami } from './account.ts'
import { eraseAccount, exportAccount } from './account-data.ts'
import {
  adminApprove,
  adminList,
  adminAudit,
  adminRefuse,
  adminReviews,
  adminRole,
  adminSignOut,
  adminSuspend,
  adminUsers,
  confirm,
} from './admin.ts'
import { adminDelete, adminScopes, adminShow, adminSwitches } from './admin-apps.ts'
import { createScope, deleteScope, editScope } from './admin-scopes.ts'
import { adminSet, adminSettings } from './admin-settings.ts'
import {
  applyForScopes,
  connectedApps,
  createApp,
  deleteApp,
  disconnectApp,
  editApp,
  listApps,
  listScopes,
  rotateAppSecret,
  showApp,
  submitApp,
} from './apps.ts'
import { changePassword } from './change-password.ts'
import { createCompletion } from './completion.ts'
import {
  acceptContact,
  blockUser,
  declineContact,
  listBlocks,
  listContacts,
  removeContact,
  requestContact,
  unblockUser,
} from './contacts.ts'
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
  transferGroup,
} from './groups.ts'
import { history } from './history.ts'
import { listIdentities, unlinkIdentity } from './identities.ts'
import {
  archive,
  hide,
  markUnread,
  mute,
  pin,
  receipts,
  unarchive,
  unmute,
  unpin,
} from './inbox.ts'
import { forgotPassword, resetPassword, verifyEmail } from './mail.ts'
import {
  banMember,
  invite,
  listBans,
  listInvitations,
  muteMember,
  previewInvitation,
  revokeInvitation,
  unbanMember,
  unmuteMember,
} from './moderation.ts'
import { editProfile, privacy, showProfile } from './profile-commands.ts'
import { direct, hideMessage, react, versions } from './message-details.ts'
import {
  listNotifications,
  readNotifications,
  removeNotifications,
  sendNotification,
} from './notifications.ts'
import { sendKind } from './send-kind.ts'
import { image, video } from './send-link.ts'
import { edit, remove, send } from './send.ts'
import { search } from './search.ts'
import { listSessions, renameSession, revokeOtherSessions, revokeSession } from './sessions.ts'
import { sync } from './sync.ts'
import { tail } from './tail.ts'
import { talk } from './talk.ts'

/** Every command, in the order of the help. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [
  {
    title: 'You:',
    commands: [
      ...[register, login, logout, whoami, confirm],
      ...[
        verifyEmail,
        changePassword,
        forgotPassword,
        resetPassword,
        showProfile,
        editProfile,
        privacy,
      ],
      ...[exportAccount, eraseAccount],
      ...[listSessions, renameSession, revokeSession, revokeOtherSessions],
      ...[listIdentities, unlinkIdentity],
    ],
  },
  {
    title: 'People:',
    commands: [
      ...[listContacts, requestContact, acceptContact, declineContact, removeContact],
      ...[listBlocks, blockUser, unblockUser],
    ],
  },
  {
    title: 'Conversations:',
    commands: [
      ...[conversations, open, join, leave],
      ...[listGroups, createGroup, showGroup, addToGroup, removeFromGroup, renameGroup, setRole],
      transferGroup,
      ...[mute, unmute, archive, unarchive, pin, unpin, hide, markUnread],
      ...[muteMember, unmuteMember, banMember, unbanMember, listBans],
      ...[invite, listInvitations, previewInvitation, revokeInvitation],
    ],
  },
  {
    title: 'Messages:',
    commands: [
      ...[send, image, video, sendKind, edit, remove, history, receipts],
      ...[react, hideMessage, versions, direct, search],
    ],
  },
  {
    title: 'Apps:',
    commands: [
      ...[listApps, createApp, showApp, editApp, rotateAppSecret, submitApp, applyForScopes],
      ...[deleteApp, listScopes, connectedApps, disconnectApp],
    ],
  },
  {
    title: 'Administration:',
    commands: [
      ...[adminList, adminShow, adminSuspend, adminReviews, adminApprove, adminRefuse],
      ...[adminScopes, adminSwitches, adminDelete],
      ...[adminUsers, adminSignOut, adminRole, adminAudit],
      ...[createScope, editScope, deleteScope, adminSettings, adminSet],
    ],
  },
  {
    title: 'Notifications:',
    commands: [listNotifications, readNotifications, removeNotifications, sendNotification],
  },
  { title: 'Staying in touch:', commands: [talk, tail, sync] },
  { title: 'The program:', commands: [createCompletion(() => COMMAND_GROUPS)] },
]
