import { expect, test } from 'vitest'
import { clientAddress, isLoopbackAddress } from '../../src/doors/client-address.ts'
import { pathOf, refusedPathOf } from '../../src/doors/request-guard.ts'

test('[NET4] a target is a plain path or it is refused', () => {
  expect(pathOf('/trpc/message.send?batch=1')).toBe('/trpc/message.send')
  expect(pathOf('/trpc/a,b')).toBe('/trpc/a,b')
  expect(pathOf('/groups/x%20y')).toBe('/groups/x y')
  expect(pathOf('http://host/healthz')).toBe('/healthz')
  for (const target of [
    '//healthz',
    '/%00',
    '/a%0d%0ab',
    '/%',
    '/%zz',
    '/a%5cb',
    '/%2e%2e%2fetc',
    '*',
    '',
  ]) {
    expect(pathOf(target), target).toBeUndefined()
  }
})

test('[DIA4] a target that is refused is so in the words of the path that it was sent with', () => {
  expect(refusedPathOf('/api/x%20y?z')).toBe('/api/x y')
  expect(refusedPathOf('/api/%zz?z')).toBe('/api/%zz')
  expect(refusedPathOf('http://host/api/%00')).toBe('/api/%00')
  for (const target of ['//api/inbox', '*', '']) expect(refusedPathOf(target)).not.toMatch(/^\/api/)
})

test('[NET4] a client is known by what the outermost trusted proxy saw', () => {
  const request = (header?: string) => ({
    socket: { remoteAddress: '10.0.0.1' },
    headers: header === undefined ? {} : { 'x-forwarded-for': header },
  })
  expect(clientAddress(request('6.6.6.6'), 0)).toBe('10.0.0.1')
  expect(clientAddress(request('6.6.6.6, 1.2.3.4'), 1)).toBe('1.2.3.4')
  expect(clientAddress(request('6.6.6.6, 1.2.3.4, 10.0.0.9'), 2)).toBe('1.2.3.4')
  expect(clientAddress(request('1.2.3.4'), 2)).toBe('1.2.3.4')
  expect(clientAddress(request(), 1)).toBe('10.0.0.1')
})

test('[NET1] loopback addresses are told from others', () => {
  for (const address of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1']) {
    expect(isLoopbackAddress(address), address).toBe(true)
  }
  for (const address of ['10.0.0.1', '', '::ffff:10.0.0.1', '127.0.0.1.evil']) {
    expect(isLoopbackAddress(address), address).toBe(false)
  }
})
