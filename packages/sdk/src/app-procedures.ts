import type {
  AdminClientDetails,
  AdminClientPage,
  AdminListUsersInput,
  AdminReviewPage,
  AdminSettings,
  AdminUserPage,
  UserIdRef,
  ApplyForScopesInput,
  AuditPage,
  BeginSignInInput,
  BegunSignIn,
  ClaimAdminInput,
  CreateOAuthClientInput,
  CreateScopeInput,
  Credentials,
  DecideReviewInput,
  CompleteSignInInput,
  Identity,
  LinkIdentityInput,
  ListAuditInput,
  ListReviewsInput,
  OAuthClient,
  CreatedOAuthClient,
  OAuthClientDetails,
  OAuthClientRef,
  OAuthClientSecret,
  OAuthConsent,
  OAuthConsentRef,
  OAuthScope,
  PageInput,
  IdentityProvider,
  ScopeRef,
  SetClientScopesInput,
  SetClientSuspendedInput,
  SetClientSwitchesInput,
  SetUserRoleInput,
  SetUserSuspendedInput,
  SubmitOAuthClientInput,
  UpdateOAuthClientInput,
  UpdateScopeInput,
  UpdateSettingsInput,
} from '@tidings/protocol/wire'
import type { Procedure } from './procedure.ts'

/** What is asked about apps, accounts elsewhere, and for administration. */
export interface AppQueries {
  'oauth.listClients': Procedure<void, OAuthClient[]>
  'oauth.getClient': Procedure<OAuthClientRef, OAuthClientDetails>
  'oauth.listScopes': Procedure<void, OAuthScope[]>
  'oauth.listConsents': Procedure<void, OAuthConsent[]>
  'identity.list': Procedure<void, Identity[]>
  'identity.listProviders': Procedure<void, IdentityProvider[]>
  'admin.listClients': Procedure<PageInput, AdminClientPage>
  'admin.getClient': Procedure<OAuthClientRef, AdminClientDetails>
  'admin.listReviews': Procedure<ListReviewsInput, AdminReviewPage>
  'admin.listUsers': Procedure<AdminListUsersInput, AdminUserPage>
  'admin.getSettings': Procedure<void, AdminSettings>
  'admin.listAudit': Procedure<ListAuditInput, AuditPage>
}

/** What changes apps and accounts elsewhere, and what administrators do. */
export interface AppMutations {
  'oauth.createClient': Procedure<CreateOAuthClientInput, CreatedOAuthClient>
  'oauth.updateClient': Procedure<UpdateOAuthClientInput, OAuthClient>
  'oauth.rotateSecret': Procedure<OAuthClientRef, OAuthClientSecret>
  'oauth.submitClient': Procedure<SubmitOAuthClientInput, OAuthClientDetails>
  'oauth.applyForScopes': Procedure<ApplyForScopesInput, OAuthClientDetails>
  'oauth.deleteClient': Procedure<OAuthClientRef, void>
  'oauth.revokeConsent': Procedure<OAuthConsentRef, void>
  'identity.begin': Procedure<BeginSignInInput, BegunSignIn>
  'identity.complete': Procedure<CompleteSignInInput, Credentials>
  'identity.link': Procedure<LinkIdentityInput, Identity>
  'identity.unlink': Procedure<{ readonly identityId: string }, void>
  'admin.setClientSuspended': Procedure<SetClientSuspendedInput, void>
  'admin.setClientSwitches': Procedure<SetClientSwitchesInput, void>
  'admin.setClientScopes': Procedure<SetClientScopesInput, void>
  'admin.deleteClient': Procedure<OAuthClientRef, void>
  'admin.decideReview': Procedure<DecideReviewInput, void>
  'admin.createScope': Procedure<CreateScopeInput, void>
  'admin.updateScope': Procedure<UpdateScopeInput, void>
  'admin.deleteScope': Procedure<ScopeRef, void>
  'admin.setUserSuspended': Procedure<SetUserSuspendedInput, void>
  'admin.signOutUser': Procedure<UserIdRef, void>
  'admin.setUserRole': Procedure<SetUserRoleInput, void>
  'admin.updateSettings': Procedure<UpdateSettingsInput, AdminSettings>
  'admin.claim': Procedure<ClaimAdminInput, void>
}
