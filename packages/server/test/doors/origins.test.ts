import { expect, test } from 'vitest'
import { isOriginAllowed } from '../../src/doors/origins.ts'

const loopback = { host: '127.0.0.1', publicUrl: 'http://127.0.0.1:3000', allowedOrigins: [] }
const open = {
  host: '0.0.0.0',
  publicUrl: 'https://chat.example.com',
  allowedOrigins: ['https://good.example'],
}

test('[NET2] a server on loopback is for every page of this machine', () => {
  for (const origin of [
    'http://localhost:5173',
    'http://127.0.0.1:8080',
    'https://localhost',
    'http://[::1]:4000',
    'http://127.0.0.1:3000',
  ]) {
    expect(isOriginAllowed(loopback, origin), origin).toBe(true)
  }
  for (const origin of ['http://evil.example', 'http://127.0.0.1.evil.example', 'null', '']) {
    expect(isOriginAllowed(loopback, origin), origin).toBe(false)
  }
})

test('[NET2] any other server is for its own page and for those that it names, compared whole', () => {
  expect(isOriginAllowed(open, 'https://chat.example.com')).toBe(true)
  expect(isOriginAllowed(open, 'https://good.example')).toBe(true)
  expect(isOriginAllowed(open, null)).toBe(true)
  for (const origin of [
    'http://localhost:5173',
    'http://good.example',
    'https://good.example.evil',
    'https://good.example:8443',
    'https://evil.good.example',
    'https://good.example/',
    'https://GOOD.example',
    'https://good.example, https://evil.example',
    'https://user@good.example',
    'null',
    'garbage',
  ]) {
    expect(isOriginAllowed(open, origin), origin).toBe(false)
  }
})

test('[NET2] an app with a scheme of its own is let in when it is named, and not otherwise', () => {
  const named = { ...open, allowedOrigins: ['capacitor://localhost'] }
  expect(isOriginAllowed(named, 'capacitor://localhost')).toBe(true)
  for (const origin of ['capacitor://evil', 'ionic://localhost', 'capacitor://localhost/x']) {
    expect(isOriginAllowed(named, origin), origin).toBe(false)
    expect(isOriginAllowed(loopback, origin), origin).toBe(false)
  }
  expect(isOriginAllowed(open, 'capacitor://localhost')).toBe(false)
})
