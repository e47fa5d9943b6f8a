import { CLIENT_LIMITS } from './client-limits.ts'

/** Any JSON value. */
export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Says what keeps a value from being stored and sent as JSON within the limits, or undefined when nothing does.
 * Databases refuse NUL and lone surrogates, deep nesting exhausts the stack of the next reader.
 */
export function jsonProblem(value: unknown, depth = 0): string | undefined {
  if (value === undefined) return 'required'
  if (depth > CLIENT_LIMITS.jsonDepth) return `nested deeper than ${CLIENT_LIMITS.jsonDepth}`
  if (value === null || typeof value === 'boolean') return undefined
  if (typeof value === 'string') return textProblem(value)
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'not a finite number'
  if (typeof value !== 'object') return `a ${typeof value} is not JSON`
  if (Array.isArray(value)) return firstProblem(value, depth)
  return objectProblem(value, depth)
}

function objectProblem(value: object, depth: number): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return 'not a plain object'
  const keys = Object.keys(value)
  if (keys.length > CLIENT_LIMITS.jsonKeys) return `more than ${CLIENT_LIMITS.jsonKeys} keys`
  for (const key of keys) {
    if (FORBIDDEN_KEYS.has(key)) return 'a key of this name is not allowed'
    const problem = textProblem(key)
    if (problem !== undefined) return problem
  }
  return firstProblem(Object.values(value), depth)
}

function firstProblem(values: readonly unknown[], depth: number): string | undefined {
  for (const item of values) {
    const problem = jsonProblem(item, depth + 1)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Says what is wrong with a string for storage: NUL (Postgres refuses it) or a lone surrogate (not Unicode). */
export function textProblem(text: string): string | undefined {
  if (!/[\0\uD800-\uDFFF]/u.test(text)) return undefined
  return text.includes('\0') ? 'the NUL character is not allowed' : 'not well-formed Unicode'
}

/**
 * True when every surrogate is paired: to an expression with the flag `u` a pair is one character, and only a lone one is a
 * surrogate. (`String.prototype.isWellFormed` is missing in some browsers still in use.)
 */
export function isWellFormed(text: string): boolean {
  return !/[\uD800-\uDFFF]/u.test(text)
}

const encoder = new TextEncoder()

/** Length of a string in bytes of UTF-8. */
export function utf8Length(text: string): number {
  return encoder.encode(text).length
}

/** Whether a string is at most so many bytes of UTF-8. */
export function fitsInBytes(text: string, maxBytes: number): boolean {
  // Each of its units takes three bytes at most; to encode a text takes longer than everything else that is asked of it.
  return text.length * 3 <= maxBytes || utf8Length(text) <= maxBytes
}
