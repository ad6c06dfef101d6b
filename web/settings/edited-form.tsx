import type { ComponentChildren } from 'preact'
import { Form } from '../parts/form.tsx'
import { useChange } from './use-change.ts'

/** The form of one thing of an `EditedList`: a new one is sent to the list, a known one to its own place. */
export function EditedForm(props: {
  readonly known: { readonly id: string; readonly name: string } | undefined
  /** Of the API, such as `/fleets`. */
  readonly path: string
  /** Heading for a new one, and the word of the button that makes it. */
  readonly label: string
  readonly word: string
  /** What is sent. */
  readonly editOf: (form: HTMLFormElement) => unknown
  readonly changed: () => void
  readonly done: () => void
  readonly children: ComponentChildren
}) {
  const { known, path, done } = props
  const { fault, busy, send } = useChange(props.changed)
  const save = async (form: HTMLFormElement) => {
    const edit = props.editOf(form)
    const sent =
      known === undefined
        ? send('POST', path, edit)
        : send('PUT', `${path}/${encodeURIComponent(known.id)}`, edit)
    if ((await sent) !== undefined) done()
  }
  return (
    <Form
      label={known === undefined ? props.label : `Edit ${known.name}`}
      word={known === undefined ? props.word : 'Save'}
      {...{ busy, fault }}
      send={(form) => void save(form)}
      leave={done}
    >
      {props.children}
    </Form>
  )
}
