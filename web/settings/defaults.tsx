import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Form } from '../parts/form.tsx'
import { useMay } from '../session.ts'
import { useChange } from './use-change.ts'

export type Origin = 'file' | 'api' | 'built-in'

interface DefaultsProps {
  readonly label: string
  /** Of the API, such as `/settings/schedule`. */
  readonly path: string
  readonly origins: readonly Origin[]
  /** What is sent: of a part that it leaves out, what is built in holds. */
  readonly editOf: (form: HTMLFormElement) => unknown
  readonly changed: () => void
  /** Fields of the form. */
  readonly children: ComponentChildren
}

/** What holds for endpoints that say nothing themselves: what it is, and the form that changes it. */
export function Defaults(
  props: DefaultsProps & { readonly facts: readonly (readonly [word: string, value: string])[] },
) {
  const { label, origins, facts } = props
  const may = useMay('write')
  const [edited, setEdited] = useState(false)
  if (edited) return <DefaultsForm {...props} done={() => setEdited(false)} />
  return (
    <section class="card defaults" aria-label={label}>
      <div class="defaults-head">
        <h3>{label}</h3>
        {origins.every((origin) => origin === 'file') ? (
          <span class="dim small">in watch.yaml</span>
        ) : may ? (
          <button type="button" onClick={() => setEdited(true)}>
            Change<span class="unseen-text">: {label}</span>
          </button>
        ) : null}
      </div>
      <dl class="line-facts">
        {facts.map(([word, value]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function DefaultsForm(props: DefaultsProps & { readonly done: () => void }) {
  const { label, path, origins, editOf, changed, done, children } = props
  const { fault, busy, send } = useChange(changed)
  const put = async (edit: unknown) => {
    if ((await send('PUT', path, edit)) !== undefined) done()
  }
  return (
    <Form
      {...{ label, busy, fault }}
      word="Save"
      send={(form) => void put(editOf(form))}
      leave={done}
      other={origins.includes('api') ? { word: 'All as built in', act: () => void put({}) } : undefined}
    >
      {children}
    </Form>
  )
}

/** For a field whose value the file holds. */
export function heldBy(origin: Origin) {
  return origin === 'file' ? { disabled: true, note: 'In watch.yaml: change it there.' } : {}
}
