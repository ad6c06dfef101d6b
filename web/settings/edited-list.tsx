import type { ComponentChildren, VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Fault } from '../parts/notice.tsx'
import { useMay } from '../session.ts'
import { RemoveButton } from './remove-button.tsx'
import { useChange } from './use-change.ts'

interface Item {
  readonly id: string
  readonly name: string
  readonly origin: 'file' | 'api'
}

/** Things that the file or the dashboard names: what is of the file is changed there, the rest here. */
export function EditedList<Of extends Item>(props: {
  readonly items: readonly Of[]
  /** Of the API, such as `/fleets`. */
  readonly path: string
  readonly add: string
  /** What stands in place of a list without anything. */
  readonly empty: VNode
  readonly about: (item: Of) => ComponentChildren
  /** What else one may do with it, whoever named it. */
  readonly beside?: (item: Of) => ComponentChildren
  /** Scope of who may change them. */
  readonly needs?: 'write' | 'admin'
  /** `undefined`: of a new one. */
  readonly form: (known: Of | undefined, done: () => void) => VNode
  readonly changed: () => void
}) {
  const { items, path, form, changed, beside, needs = 'write' } = props
  const may = useMay(needs)
  const [edited, setEdited] = useState<Of | 'new'>()
  const { fault, send } = useChange(changed)
  const done = () => setEdited(undefined)
  return (
    <>
      {fault === undefined ? null : <Fault error={fault} />}
      {may && edited === undefined ? (
        <p>
          <button type="button" class="main" onClick={() => setEdited('new')}>
            {props.add}
          </button>
        </p>
      ) : null}
      {edited === undefined ? null : (
        <div key={edited === 'new' ? '' : edited.id}>{form(edited === 'new' ? undefined : edited, done)}</div>
      )}
      {items.length === 0 ? (
        props.empty
      ) : (
        <ul class="rows-list">
          {items.slice(0, shownAtMost).map((item) => (
            <li key={item.id}>
              <div class="name">{props.about(item)}</div>
              {beside?.(item)}
              {item.origin === 'file' ? (
                <span class="dim small">in watch.yaml</span>
              ) : may ? (
                <span class="buttons">
                  <button type="button" class="plain" onClick={() => setEdited(item)}>
                    Edit<span class="unseen-text"> {item.name}</span>
                  </button>
                  <RemoveButton
                    what={item.name}
                    remove={() => void send('DELETE', `${path}/${encodeURIComponent(item.id)}`)}
                  />
                </span>
              ) : null}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** More than that nobody reads through. */
export const shownAtMost = 200
