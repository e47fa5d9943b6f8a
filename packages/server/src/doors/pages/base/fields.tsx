/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { PropsWithChildren } from 'hono/jsx'
import type { JSX } from 'hono/jsx/jsx-runtime'

interface FieldProps {
  /** Where several fields of one page have one name. @default the name */
  readonly id?: string | undefined
  readonly name: string
  readonly label: string
  readonly hint?: string | undefined
  readonly problem?: string | undefined
  readonly value?: string | undefined
  readonly required?: boolean | undefined
  readonly maxlength?: number | undefined
}

interface TextFieldProps extends FieldProps {
  /** @default text */
  readonly type?: 'text' | 'password' | 'url' | 'number' | 'search' | undefined
  readonly autocomplete?: string | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
}

/** A line to be filled in, with its label, and what is wrong with it. */
export function TextField(props: TextFieldProps): JSX.Element {
  const { type = 'text', autocomplete, value, min, max } = props
  return (
    <Labelled field={props}>
      <input
        {...common(props)}
        type={type}
        value={value}
        min={min}
        max={max}
        autocomplete={autocomplete}
        spellcheck={false}
        autocapitalize="none"
      />
    </Labelled>
  )
}

/** Several lines to be filled in. */
export function TextArea(props: FieldProps): JSX.Element {
  return (
    <Labelled field={props}>
      <textarea {...common(props)}>{props.value ?? ''}</textarea>
    </Labelled>
  )
}

interface ChoiceProps {
  readonly name: string
  readonly value: string
  readonly label: string
  readonly hint?: string | undefined
  readonly checked?: boolean | undefined
  readonly disabled?: boolean | undefined
  /** @default checkbox */
  readonly type?: 'checkbox' | 'radio' | undefined
}

/** One thing that can be chosen. */
export function Choice(props: ChoiceProps): JSX.Element {
  const { name, value, label, hint, checked = false, disabled = false, type = 'checkbox' } = props
  const id = `${name}-${value}`.replaceAll(/[^\w-]/g, '-')
  return (
    <div class="choice">
      <input
        id={id}
        type={type}
        name={name}
        value={value}
        checked={checked}
        disabled={disabled}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
      />
      <div>
        <label for={id}>{label}</label>
        {hint === undefined ? null : (
          <span class="hint" id={`${id}-hint`}>
            {hint}
          </span>
        )}
      </div>
    </div>
  )
}

interface ChoicesProps {
  /** What the form calls them. */
  readonly name: string
  readonly legend: string
  readonly problem: string | undefined
}

/** Things of which several can be chosen, and what is wrong with what was. */
export function Choices(props: PropsWithChildren<ChoicesProps>): JSX.Element {
  const { name, legend, problem, children } = props
  const id = `${name}-problem`
  return (
    <fieldset aria-describedby={problem === undefined ? undefined : id}>
      <legend>{legend}</legend>
      {problem === undefined ? null : (
        <span class="problem" id={id}>
          {problem}
        </span>
      )}
      {children}
    </fieldset>
  )
}

function common({ name, id = name, hint, problem, required = false, maxlength }: FieldProps) {
  const described = [
    hint === undefined ? '' : `${id}-hint`,
    problem === undefined ? '' : `${id}-problem`,
  ].filter((other) => other !== '')
  return {
    id,
    name,
    required,
    maxlength,
    'aria-describedby': described.length === 0 ? undefined : described.join(' '),
    'aria-invalid': problem === undefined ? undefined : ('true' as const),
  }
}

function Labelled({ field, children }: PropsWithChildren<{ field: FieldProps }>): JSX.Element {
  const { name, id = name, label, hint, problem } = field
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint === undefined ? null : (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {problem === undefined ? null : (
        <span class="problem" id={`${id}-problem`}>
          {problem}
        </span>
      )}
      {children}
    </div>
  )
}
