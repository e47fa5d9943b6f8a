/** Those of the fields that have a value: what nobody has given is left out on the wire. */
export function given<Row extends object, Name extends keyof Row>(
  row: Row,
  names: readonly Name[],
): { [Field in Name]?: NonNullable<Row[Field]> } {
  const fields: { [Field in Name]?: NonNullable<Row[Field]> } = {}
  for (const name of names) {
    const value = row[name]
    if (value !== null && value !== undefined) fields[name] = value
  }
  return fields
}
