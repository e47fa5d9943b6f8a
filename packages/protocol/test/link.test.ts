import {
  createOAuthClientSchema,
  messageBodySchema,
  sendNotificationSchema,
  updateOAuthClientSchema,
  updateProfileSchema,
} from '@tidings/protocol'
import { describe, expect, test } from 'vitest'

/** Every input that takes a link, with the link in its place. */
const INPUTS: Readonly<Record<string, (link: string) => boolean>> = {
  'a picture of a user': (avatarUrl) => updateProfileSchema.safeParse({ avatarUrl }).success,
  'a notification': (link) =>
    sendNotificationSchema.safeParse({
      to: 'all',
      clientNotificationId: 'n',
      kind: 'news',
      title: 'News',
      link,
    }).success,
  'the address of an app': (clientUri) =>
    createOAuthClientSchema.safeParse({ name: 'Bot', clientUri, redirectUris: [] }).success,
  'the logo of an app': (logoUri) =>
    updateOAuthClientSchema.safeParse({ clientId: 'c', logoUri }).success,
  'an image': (url) =>
    messageBodySchema.safeParse({ kind: 'image', url, width: 1, height: 1 }).success,
  'a video': (url) =>
    messageBodySchema.safeParse({ kind: 'video', url, length: 1, source: 'other' }).success,
}

const longest = `https://example.org/${'a'.repeat(2048 - 20)}`
const LINKS = [
  'http://example.org',
  'https://user@example.org:8443/a/b?c=d#e',
  'HTTPS://example.org/',
  'https://bücher.example/ä?ö=ü',
  'https://[2001:db8::1]/',
  longest,
]
const OTHERS = [
  '',
  'example.org',
  '//example.org',
  'https://',
  'https:///path',
  'https://?query',
  'https://exa mple.org',
  'https://example.org/a b',
  'https://example.org/\n',
  'https://example.org/\u0000',
  'https://example.org/\ud800',
  'https://example.org:99999/',
  'https://[::1/',
  'javascript:alert(1)',
  'data:text/html,x',
  'ftp://example.org/',
  ' https://example.org',
  `${longest}a`,
  // Bytes count, not characters.
  `https://example.org/${'ä'.repeat(1020)}`,
]

describe.each(Object.entries(INPUTS))('as the link of %s', (_, takes) => {
  test.each(LINKS)('[MSG12] [PPL1] [NTF1] [APP2] %j is taken', (link) => {
    expect(takes(link)).toBe(true)
  })

  test.each(OTHERS)('[MSG12] [PPL1] [NTF1] [APP2] %j is refused', (text) => {
    expect(takes(text)).toBe(false)
  })
})
