/**
 * A value as the JSON text that stands for it, made of what the database keeps as JSON: a door sends it as it is, whoever
 * wants the value reads it.
 */
export class JsonText<Value> {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  value(): Value {
    // Whoever makes a text answers for its type; tests hold the texts against the schemas.
    // oxlint-disable-next-line typescript/consistent-type-assertions
    return JSON.parse(this.text) as Value
  }
}
