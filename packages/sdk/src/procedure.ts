/** What a procedure takes, and what it answers. */
export interface Procedure<Input, Output> {
  readonly input: Input
  readonly output: Output
}
