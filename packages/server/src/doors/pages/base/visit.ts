import type { Context } from '../../../rpc/context.ts'
import type { Actor } from '../../../services/actor.ts'
import type { Deps } from '../../../services/deps.ts'
import type { Caller } from '../../procedure.ts'
import type { RestRequest } from '../../rest/context.ts'

/** The field of every form that proves where the form comes from. */
export const FORM_TOKEN = '_token'
/** The field by which somebody shows again that it is he. */
export const PASSWORD_FIELD = '_password'

/** One request for a page, by somebody or by nobody. */
export interface Visit {
  readonly request: RestRequest
  readonly deps: Deps
  readonly actor: Actor | null
  /** For services that are no procedures. */
  readonly context: Context
  /** The procedures, in the visitor's name. */
  readonly call: Caller
  /** The address of one of our paths, also where everything of ours lies below a path. */
  href(path: string): string
  /** What a form for this purpose carries. */
  formToken(purpose: string): string
  isFormToken(purpose: string, token: string): boolean
}

/** A visit of somebody who is signed in. */
export interface OwnVisit extends Visit {
  readonly actor: Actor
}

/** Which app a page, or a form of it, is about. */
export function clientIdOf({ request }: OwnVisit): string {
  return request.req.param('id') ?? ''
}

/** What somebody has filled in. */
export class Fields {
  readonly #given: URLSearchParams

  constructor(given: URLSearchParams) {
    this.#given = given
  }

  /** What was written, without spaces around it; empty when there is no such field. */
  text(name: string): string {
    return (this.#given.get(name) ?? '').trim()
  }

  /** The same, as it stands. */
  exact(name: string): string {
    return this.#given.get(name) ?? ''
  }

  /** Undefined when nothing was written. */
  optional(name: string): string | undefined {
    return this.text(name) === '' ? undefined : this.text(name)
  }

  /** What was chosen of several. */
  list(name: string): string[] {
    return this.#given.getAll(name)
  }

  /** The lines of a text, without empty ones. */
  lines(name: string): string[] {
    const lines = this.exact(name).split('\n')
    return lines.map((line) => line.trim()).filter((line) => line !== '')
  }

  /** Everything but our own, for a form that asks for one thing more. */
  entries(): (readonly [string, string])[] {
    return [...this.#given].filter(([name]) => name !== FORM_TOKEN && name !== PASSWORD_FIELD)
  }
}
