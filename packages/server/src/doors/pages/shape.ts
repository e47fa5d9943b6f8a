import { alternativesOf, partOf, type JsonSchema } from '../rest/v1/json-schema.ts'

const INDENT = '  '

/** A JSON Schema as a TypeScript type would be written, with the bounds behind it; other schemas are named. */
export function shapeOf(schema: JsonSchema, indent = ''): string {
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined)
    return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const alternatives = alternativesOf(schema)
  if (alternatives.length > 1)
    return alternatives.map((alternative) => shapeOf(alternative, indent)).join(' | ')
  if (schema.type === 'array') return listShape(schema, indent)
  if (schema.properties !== undefined) return objectShape(schema, indent)
  const type = schema.type === undefined ? 'any JSON' : String(schema.type)
  return `${type}${bounds(schema)}`
}

function listShape(schema: JsonSchema, indent: string): string {
  if (schema.prefixItems !== undefined) return placesShape(schema.prefixItems, indent)
  const item = shapeOf(partOf(schema.items), indent)
  const most = schema.maxItems === undefined ? '' : ` (at most ${schema.maxItems})`
  return `${item.includes(' | ') ? `(${item})` : item}[]${most}`
}

/** An array whose places have meanings of their own, named by their titles. */
function placesShape(places: NonNullable<JsonSchema['prefixItems']>, indent: string): string {
  const shapes = places.map(partOf).map((place) => {
    const name = place.title === undefined ? '' : `${place.title}: `
    return name + shapeOf(place, indent)
  })
  return `[${shapes.join(', ')}]`
}

function objectShape({ properties = {}, required = [] }: JsonSchema, indent: string): string {
  const inner = indent + INDENT
  const lines = Object.entries(properties).map(
    ([name, property]) =>
      `${inner}${name}${required.includes(name) ? '' : '?'}: ${shapeOf(partOf(property), inner)}`,
  )
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`
}

function bounds({ type, minimum, maximum, maxLength, default: usual }: JsonSchema): string {
  const parts = [
    type === 'string' && maxLength !== undefined ? `at most ${maxLength} characters` : undefined,
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? `from ${minimum}` : undefined,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? `to ${maximum}` : undefined,
    usual === undefined ? undefined : `${JSON.stringify(usual)} when left out`,
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}
