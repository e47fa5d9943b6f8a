import type {
  AdminClientDetails,
  AdminClientPage,
  AdminReviewPage,
  AdminSettings,
  AdminUserPage,
  UserIdRef,
  AuditPage,
  ClaimAdminInput,
  CreateScopeInput,
  DecideReviewInput,
  ListAuditInput,
  ListReviewsInput,
  AdminListUsersInput,
  OAuthClientRef,
  PageInput,
  ScopeRef,
  SetClientScopesInput,
  SetClientSuspendedInput,
  SetClientSwitchesInput,
  SetUserRoleInput,
  SetUserSuspendedInput,
  UpdateScopeInput,
  UpdateSettingsInput,
} from '@tidings/protocol/wire'
import type { Rpc } from '../rpc.ts'

/**
 * For administrators (FORBIDDEN to others). What changes something needs a sign-in or `account.confirmPassword` within the
 * last ten minutes: PASSWORD_REQUIRED.
 */
export interface AdminResource {
  /** All apps, the newest first. */
  listClients(input?: PageInput): Promise<AdminClientPage>
  /** @throws TidingsError NOT_FOUND */
  getClient(input: OAuthClientRef): Promise<AdminClientDetails>
  /** @throws TidingsError NOT_FOUND */
  setClientSuspended(input: SetClientSuspendedInput): Promise<void>
  /** @throws TidingsError NOT_FOUND */
  setClientSwitches(input: SetClientSwitchesInput): Promise<void>
  /** @throws TidingsError NOT_FOUND, INVALID_INPUT */
  setClientScopes(input: SetClientScopesInput): Promise<void>
  /** @throws TidingsError NOT_FOUND */
  deleteClient(input: OAuthClientRef): Promise<void>
  /** What waits for an answer, the oldest first. */
  listReviews(input?: ListReviewsInput): Promise<AdminReviewPage>
  /**
   * @throws TidingsError NOT_FOUND, FORBIDDEN (one's own app), INVALID_INPUT (a refusal without a reason), WRONG_STATE (approving
   * for an app that is suspended, or scopes for one that is not verified)
   */
  decideReview(input: DecideReviewInput): Promise<void>
  /** @throws TidingsError INVALID_INPUT */
  createScope(input: CreateScopeInput): Promise<void>
  /** @throws TidingsError NOT_FOUND */
  updateScope(input: UpdateScopeInput): Promise<void>
  /** @throws TidingsError NOT_FOUND, FORBIDDEN (one of Tidings' own) */
  deleteScope(input: ScopeRef): Promise<void>
  /** Users, by name. */
  listUsers(input?: AdminListUsersInput): Promise<AdminUserPage>
  /** @throws TidingsError NOT_FOUND, FORBIDDEN (oneself) */
  setUserSuspended(input: SetUserSuspendedInput): Promise<void>
  /** Ends all sessions of a user. @throws TidingsError NOT_FOUND */
  signOutUser(input: UserIdRef): Promise<void>
  /** @throws TidingsError NOT_FOUND, FORBIDDEN (oneself) */
  setUserRole(input: SetUserRoleInput): Promise<void>
  /** What holds for all apps. */
  getSettings(): Promise<AdminSettings>
  /** @throws TidingsError INVALID_INPUT */
  updateSettings(input: UpdateSettingsInput): Promise<AdminSettings>
  /** What was done, by whom and when: the newest first. */
  listAudit(input?: ListAuditInput): Promise<AuditPage>
  /** Becomes the first administrator, by the link that the server's command prints. @throws TidingsError FORBIDDEN */
  claim(input: ClaimAdminInput): Promise<void>
}

export function createAdmin(rpc: Rpc): AdminResource {
  return {
    listClients: (input = {}) => rpc('admin.listClients', input),
    getClient: (input) => rpc('admin.getClient', input),
    setClientSuspended: (input) => rpc('admin.setClientSuspended', input),
    setClientSwitches: (input) => rpc('admin.setClientSwitches', input),
    setClientScopes: (input) => rpc('admin.setClientScopes', input),
    deleteClient: (input) => rpc('admin.deleteClient', input),
    listReviews: (input = {}) => rpc('admin.listReviews', input),
    decideReview: (input) => rpc('admin.decideReview', input),
    createScope: (input) => rpc('admin.createScope', input),
    updateScope: (input) => rpc('admin.updateScope', input),
    deleteScope: (input) => rpc('admin.deleteScope', input),
    listUsers: (input = {}) => rpc('admin.listUsers', input),
    setUserSuspended: (input) => rpc('admin.setUserSuspended', input),
    signOutUser: (input) => rpc('admin.signOutUser', input),
    setUserRole: (input) => rpc('admin.setUserRole', input),
    getSettings: () => rpc('admin.getSettings', undefined),
    updateSettings: (input) => rpc('admin.updateSettings', input),
    listAudit: (input = {}) => rpc('admin.listAudit', input),
    claim: (input) => rpc('admin.claim', input),
  }
}
