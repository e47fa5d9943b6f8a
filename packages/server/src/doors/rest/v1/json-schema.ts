import * as z from 'zod'

/** A JSON Schema (draft 2020-12), as zod makes them. */
export type JsonSchema = z.core.JSONSchema.JSONSchema

/** The schema of what a procedure takes, as a client writes it. */
export function inputSchemaOf(input: z.ZodType): JsonSchema {
  return bare(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }))
}

/** A schema that stands inside of another document. */
export function bare({ $schema: _, $id: __, ...schema }: JsonSchema): JsonSchema {
  return schema
}

/** A part of a schema; `true`, `false` and a missing one say nothing about a value. */
export function partOf(schema: JsonSchema['items']): JsonSchema {
  return typeof schema !== 'object' || Array.isArray(schema) ? {} : schema
}

/** The alternatives of a schema that is a choice, else the schema alone. */
export function alternativesOf(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf ?? schema.oneOf ?? [schema]
}

/** The properties of an object; of a choice, those of all its objects. */
export function propertiesOf(schema: JsonSchema): ReadonlyMap<string, JsonSchema> {
  const all = alternativesOf(schema).flatMap(({ properties }) => Object.entries(properties ?? {}))
  return new Map(all.map(([name, property]) => [name, partOf(property)]))
}

/** Those that an object must have; of a choice, those that each of its objects must. */
export function requiredOf(schema: JsonSchema): ReadonlySet<string> {
  const [first, ...others] = alternativesOf(schema).map(({ required }) => required ?? [])
  return new Set(first?.filter((name) => others.every((other) => other.includes(name))))
}
