import type { AppRouter } from '@tidings/server'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import { expect, test } from 'vitest'
import {
  isQuery,
  type Mutations,
  type Path,
  type Procedures,
  type Queries,
} from '../src/procedures.ts'

type Inputs = inferRouterInputs<AppRouter>
type Outputs = inferRouterOutputs<AppRouter>
type Served = AppRouter['_def']['record']

/** What the server says of the procedure `Noun.Verb`. */
type Of<Router, P extends string> = P extends `${infer Noun}.${infer Verb}`
  ? Noun extends keyof Router
    ? Verb extends keyof Router[Noun]
      ? Router[Noun][Verb]
      : unknown
    : unknown
  : unknown

/** What we send is taken, what it answers is what we say, and both call it a query or both a mutation. */
type Agrees<P extends Path> = [Procedures[P]['input']] extends [Of<Inputs, P>]
  ? [Of<Outputs, P>] extends [Procedures[P]['output']]
    ? Of<Served, P> extends {
        readonly _def: { readonly type: P extends keyof Queries ? 'query' : 'mutation' }
      }
      ? true
      : 'type'
    : 'output'
  : 'input'

type ServedPath = { [Noun in keyof Served]: `${Noun}.${VerbsOf<Noun>}` }[keyof Served]

type VerbsOf<Noun extends keyof Served> = Extract<keyof Served[Noun], string>

type Misdescribed = {
  [P in Path]: Agrees<P> extends true ? never : `${P}: ${Exclude<Agrees<P>, true>}`
}[Path]

type Undescribed = Exclude<ServedPath, Path | 'sync.live'>

/** The compiler names here every procedure that is not the same on the server. */
const AGREED: [Misdescribed, Undescribed] extends [never, never]
  ? true
  : { readonly misdescribed: Misdescribed; readonly undescribed: Undescribed } = true

const VERBS = ['count', 'export', 'find', 'get', 'list', 'preview', 'search'] as const

type Reading = `${string}.${(typeof VERBS)[number]}${string}`
type Misnamed = [Exclude<keyof Queries, Reading>, Extract<keyof Mutations, Reading>]

/** The compiler names here every procedure whose verb says something else than what it does. */
const NAMED: Misnamed extends [never, never] ? true : Misnamed = true

test('[PKG2] the client knows a procedure that only reads by its verb', () => {
  expect(NAMED).toBe(true)
  for (const verb of VERBS) expect([verb, isQuery(`noun.${verb}Things`)]).toEqual([verb, true])
  for (const path of ['message.send', 'account.register', 'session.createTicket', 'sync.pull'])
    expect([path, isQuery(path)]).toEqual([path, false])
})

test('[PKG2] what the client says of each procedure is what the server says', () => {
  expect(AGREED).toBe(true)
})
