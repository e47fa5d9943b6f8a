import { constantTimeEqual } from 'oslo/crypto'
import { authenticationCode, deriveKey } from './primitives.ts'

/**
 * What the pages give to browsers: the cookie of a session, and the tokens of forms. All of it is made of the server's
 * secret, so nothing is stored; a session's cookie ends with the session.
 */
export interface PageSecrets {
  /** `<session's id>.<proof>` */
  cookieOf(sessionId: string): string
  /** The session that a cookie names, which may have ended; undefined when it is none of ours. */
  sessionOf(cookie: string): string | undefined
  /** Goes into a form, and proves that one of our pages was open in the same browser for the same purpose. */
  formToken(form: FormSubject): string
  isFormToken(form: FormSubject, token: string): boolean
}

/** Whose form it is, by the id of his session or by his own cookie, and what it does. */
export interface FormSubject {
  readonly visitor: string
  readonly purpose: string
}

const ID = /^[0-9a-f-]{36}$/

/** @param secrets new first: it signs, all verify */
export function openPageSecrets(secrets: readonly string[]): PageSecrets {
  const cookieKeys = secrets.map((secret) => deriveKey(secret, 'page-session'))
  const formKeys = secrets.map((secret) => deriveKey(secret, 'page-form'))
  const textOf = ({ visitor, purpose }: FormSubject) => `${visitor}\n${purpose}`
  return {
    cookieOf: (sessionId) => `${sessionId}.${signed(cookieKeys, sessionId)}`,
    sessionOf(cookie) {
      const [id = '', proof = ''] = cookie.split('.')
      return ID.test(id) && isSigned(cookieKeys, id, proof) ? id : undefined
    },
    formToken: (form) => signed(formKeys, textOf(form)),
    isFormToken: (form, token) => isSigned(formKeys, textOf(form), token),
  }
}

type Keys = readonly Uint8Array[]

function signed([key]: Keys, text: string): string {
  if (key === undefined) throw new Error('at least one secret is needed')
  return authenticationCode(key, text)
}

function isSigned(keys: Keys, text: string, proof: string): boolean {
  return keys.some((key) =>
    constantTimeEqual(bytesOf(authenticationCode(key, text)), bytesOf(proof)),
  )
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}
