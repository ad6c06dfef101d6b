import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { AskError } from '../api/ask.ts'
import { Fault } from './notice.tsx'

/** A form of the settings: its fields, why it was refused, and what sends it. */
export function Form(props: {
  /** Its heading. */
  readonly label: string
  /** Of the button that sends it. */
  readonly word: string
  readonly busy: boolean
  readonly fault: AskError | undefined
  readonly send: (form: HTMLFormElement) => void
  /** Undefined: it always stands there. */
  readonly leave?: (() => void) | undefined
  /** What else one may do in it. */
  readonly other?: { readonly word: string; readonly act: () => void } | undefined
  readonly children: ComponentChildren
}) {
  const { label, word, busy, fault, send, leave, other } = props
  const form = useRef<HTMLFormElement>(null)
  const isOpened = leave !== undefined
  useEffect(() => {
    // One asked for it: perhaps far down, in the row of what it changes.
    if (isOpened) form.current?.querySelector<HTMLElement>(':is(input, select, textarea):enabled')?.focus()
  }, [isOpened])
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    send(event.currentTarget as HTMLFormElement)
  }
  return (
    <form class="form" ref={form} onSubmit={submit} aria-label={label}>
      <h3 class="whole">{label}</h3>
      {props.children}
      {fault === undefined ? null : (
        <div class="whole">
          <Fault error={fault} />
        </div>
      )}
      <div class="buttons whole">
        <button type="submit" class="main" disabled={busy}>
          {word}
        </button>
        {leave === undefined ? null : (
          <button type="button" class="plain" onClick={leave}>
            Cancel
          </button>
        )}
        {other === undefined ? null : (
          <button type="button" class="plain end" disabled={busy} onClick={other.act}>
            {other.word}
          </button>
        )}
      </div>
    </form>
  )
}

/** A field with its name above it; `note` stands below. */
export function Field(props: {
  readonly label: string
  readonly whole?: boolean
  readonly note?: string | undefined
  readonly children: ComponentChildren
}) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children
    <label class={props.whole === true ? 'field whole' : 'field'}>
      <span>{props.label}</span>
      {props.children}
      {props.note === undefined ? null : <span class="small dim">{props.note}</span>}
    </label>
  )
}

/** What an input may have beside its name. */
interface InputProps {
  readonly type?: 'text' | 'number' | 'datetime-local'
  readonly required?: boolean
  readonly maxLength?: number
  readonly min?: string
  readonly max?: string
  readonly step?: string
  readonly placeholder?: string
  readonly list?: string
  readonly disabled?: boolean
  readonly defaultValue?: string | undefined
}

export function TextField({
  label,
  name,
  whole = false,
  type = 'text',
  note,
  ...input
}: InputProps & {
  readonly label: string
  readonly name: string
  readonly whole?: boolean
  readonly note?: string | undefined
}) {
  return (
    <Field {...{ label, whole, note }}>
      <input type={type} name={name} {...input} />
    </Field>
  )
}

export interface Option {
  readonly value: string
  readonly word: string
}

export function Choice(props: {
  readonly label: string
  readonly name: string
  readonly options: readonly Option[]
  readonly chosen?: string | undefined
  readonly note?: string | undefined
  readonly disabled?: boolean
  readonly choose?: (value: string) => void
}) {
  const { choose } = props
  return (
    <Field label={props.label} note={props.note}>
      <select
        name={props.name}
        disabled={props.disabled}
        onChange={choose === undefined ? undefined : (event) => choose(event.currentTarget.value)}
      >
        {props.options.map(({ value, word }) => (
          <option key={value} value={value} selected={value === props.chosen}>
            {word}
          </option>
        ))}
      </select>
    </Field>
  )
}

/** Any number of them may be ticked. */
export function Checks(props: {
  readonly legend: string
  readonly name: string
  readonly options: readonly Option[]
  readonly ticked: readonly string[]
}) {
  return (
    <fieldset class="checks whole">
      <legend>{props.legend}</legend>
      {props.options.map(({ value, word }) => (
        <label key={value}>
          <input
            type="checkbox"
            name={props.name}
            value={value}
            defaultChecked={props.ticked.includes(value)}
          />{' '}
          {word}
        </label>
      ))}
    </fieldset>
  )
}
