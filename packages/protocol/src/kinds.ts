import type { ImageBody, TextBody, VideoBody } from './body.ts'

/**
 * An app's own message kinds: one record of schemas, shared by `createServer({ kinds })` and `createClient({ kinds })`.
 * Any library that implements Standard Schema version 1 does (zod 4 and others); nothing of it is needed at run time
 * besides `~standard.validate`.
 *
 * @example
 * ```ts
 * import { z } from 'zod'
 * export const kinds = { poll: z.object({ question: z.string(), options: z.array(z.string()) }) }
 * ```
 */
export type Kinds = Readonly<Record<string, KindSchema>>

/** The part of a Standard Schema that is used (standardschema.dev). */
export interface KindSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly validate: (value: unknown) => KindResult<Output> | Promise<KindResult<Output>>
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
  }
}

/** What a schema says of a value: the value it has made of it, or what is wrong. */
export type KindResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] }

/** No kinds of one's own. */
export type NoKinds = Record<never, never>

/** The data of one kind. */
export type KindData<Schema> = Schema extends {
  readonly '~standard': { readonly types?: infer Types }
}
  ? NonNullable<Types> extends { readonly output: infer Output }
    ? Output
    : unknown
  : unknown

/** The bodies that an app with these kinds sends and receives: ours and its own, told apart by `kind`. */
export type BodyOf<K extends Kinds> =
  | TextBody
  | ImageBody
  | VideoBody
  | { [Kind in keyof K & string]: { kind: Kind; data: KindData<K[Kind]> } }[keyof K & string]
