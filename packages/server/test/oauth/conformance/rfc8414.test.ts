import { afterAll, expect, test } from 'vitest'
import { administrator } from '../../pages/resident.ts'
import { OAuthWorld } from '../world.ts'
import { setScene } from './token-scene.ts'

const scene = await setScene()
afterAll(() => scene[Symbol.asyncDispose]())
const { world } = scene
const answer = await fetch(`${world.url}/.well-known/oauth-authorization-server`)
const metadata = (await answer.json()) as Record<string, unknown>

const SECRETS = ['client_secret_basic', 'client_secret_post']
const FIELDS: readonly (readonly [string, unknown])[] = [
  ['issuer', world.url],
  ['authorization_endpoint', `${world.url}/oauth/authorize`],
  ['token_endpoint', `${world.url}/oauth/token`],
  ['revocation_endpoint', `${world.url}/oauth/revoke`],
  ['introspection_endpoint', `${world.url}/oauth/introspect`],
  ['response_types_supported', ['code']],
  ['response_modes_supported', ['query']],
  ['grant_types_supported', ['authorization_code', 'refresh_token', 'client_credentials']],
  ['code_challenge_methods_supported', ['S256']],
  ['token_endpoint_auth_methods_supported', [...SECRETS, 'none']],
  ['revocation_endpoint_auth_methods_supported', [...SECRETS, 'none']],
  ['introspection_endpoint_auth_methods_supported', SECRETS],
  ['authorization_response_iss_parameter_supported', true],
  ['scopes_supported', expect.arrayContaining(['account:read', 'messages:read', 'messages:send'])],
  ['service_documentation', `${world.url}/docs`],
]

test.each(FIELDS)('[OAU10] RFC 8414 2 %s', (name, value) => {
  expect(metadata[name]).toEqual(value)
})

test('[OAU10] RFC 8414 3.2 it is JSON, and has nothing that is empty', () => {
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json'])
  expect(Object.keys(metadata).toSorted()).toEqual(FIELDS.map(([name]) => name).toSorted())
  for (const value of Object.values(metadata)) expect(value).not.toEqual([])
})

test('[OAU10] RFC 8414 3.1 the path of an issuer stands behind', async () => {
  const response = await fetch(`${world.url}/.well-known/oauth-authorization-server/tidings`)
  expect(response.status).toBe(200)
})

const ENDPOINTS = ['token_endpoint', 'revocation_endpoint', 'introspection_endpoint']

test.each(ENDPOINTS)('[OAU10] RFC 8414 2 %s is served', async (name) => {
  const response = await fetch(String(metadata[name]), { method: 'POST' })
  expect(response.status).toBe(400)
})

test('[OAU10] RFC 8414 3.2 where no codes are offered, nothing is said of them', async () => {
  await using other = await OAuthWorld.open('sqlite')
  const rev = await administrator(other, 'rev')
  await rev.call.admin.updateSettings({ grantTypes: ['client_credentials'] })
  const response = await fetch(`${other.url}/.well-known/oauth-authorization-server`)
  const left = Object.keys((await response.json()) as object)
  const ABOUT_CODES = /^(?:authorization_|code_|response_)/
  expect(left.filter((name) => ABOUT_CODES.test(name))).toEqual([])
  const names = FIELDS.map(([name]) => name).filter((name) => !ABOUT_CODES.test(name))
  expect(left.toSorted()).toEqual(names.toSorted())
})
