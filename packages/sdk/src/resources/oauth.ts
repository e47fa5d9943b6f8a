import type {
  ApplyForScopesInput,
  CreateOAuthClientInput,
  OAuthClient,
  CreatedOAuthClient,
  OAuthClientDetails,
  OAuthClientRef,
  OAuthClientSecret,
  OAuthConsent,
  OAuthConsentRef,
  OAuthScope,
  SubmitOAuthClientInput,
  UpdateOAuthClientInput,
} from '@tidings/protocol/wire'
import type { Rpc } from '../rpc.ts'

/** Apps that users let act for them: one's own, and those that one has let. */
export interface OAuthResource {
  /**
   * Registers an app. Its secret is in this answer and in no other.
   * @throws TidingsError INVALID_INPUT, LIMIT_REACHED
   */
  createClient(input: CreateOAuthClientInput): Promise<CreatedOAuthClient>
  /** The user's own apps. */
  listClients(): Promise<OAuthClient[]>
  /** @throws TidingsError NOT_FOUND */
  getClient(input: OAuthClientRef): Promise<OAuthClientDetails>
  /**
   * Changes an app. With another name or redirect URI it goes back to review.
   * @throws TidingsError NOT_FOUND, INVALID_INPUT
   */
  updateClient(input: UpdateOAuthClientInput): Promise<OAuthClient>
  /**
   * Gives an app another secret; the one before is worth nothing from then on.
   * @throws TidingsError NOT_FOUND, PASSWORD_REQUIRED, WRONG_STATE (it keeps no secret)
   */
  rotateSecret(input: OAuthClientRef): Promise<OAuthClientSecret>
  /**
   * Asks administrators to verify an app, so that it works for others.
   * @throws TidingsError NOT_FOUND, WRONG_STATE (it is verified, or waits), FORBIDDEN (it is suspended)
   */
  submitClient(input: SubmitOAuthClientInput): Promise<OAuthClientDetails>
  /**
   * Asks administrators for further scopes of a verified app.
   * @throws TidingsError NOT_FOUND, WRONG_STATE (it is not verified), FORBIDDEN (it is suspended), INVALID_INPUT
   */
  applyForScopes(input: ApplyForScopesInput): Promise<OAuthClientDetails>
  /** @throws TidingsError NOT_FOUND, PASSWORD_REQUIRED */
  deleteClient(input: OAuthClientRef): Promise<void>
  /** What apps can be let do. */
  listScopes(): Promise<OAuthScope[]>
  /** The apps that the user has let act for him. */
  listConsents(): Promise<OAuthConsent[]>
  /**
   * Takes back what an app was let do; its tokens end, and its connections within 5 s.
   * @throws TidingsError NOT_FOUND
   */
  revokeConsent(input: OAuthConsentRef): Promise<void>
}

export function createOAuth(rpc: Rpc): OAuthResource {
  return {
    createClient: (input) => rpc('oauth.createClient', input),
    listClients: () => rpc('oauth.listClients', undefined),
    getClient: (input) => rpc('oauth.getClient', input),
    updateClient: (input) => rpc('oauth.updateClient', input),
    rotateSecret: (input) => rpc('oauth.rotateSecret', input),
    submitClient: (input) => rpc('oauth.submitClient', input),
    applyForScopes: (input) => rpc('oauth.applyForScopes', input),
    deleteClient: (input) => rpc('oauth.deleteClient', input),
    listScopes: () => rpc('oauth.listScopes', undefined),
    listConsents: () => rpc('oauth.listConsents', undefined),
    revokeConsent: (input) => rpc('oauth.revokeConsent', input),
  }
}
