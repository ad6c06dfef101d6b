import { useState } from 'preact/hooks'
import type { ScheduleEdit } from '../../src/api/contract.ts'
import { Choice, Form } from '../parts/form.tsx'
import { useMay } from '../session.ts'
import { formatSpan } from '../words/figures.ts'
import type { SettingsPartProps } from './settings-page.tsx'
import { paces, spansWith, thoroughPaces } from './spans.ts'
import { fieldsOf, useChange } from './use-change.ts'

/** What endpoints follow that have no schedule of their own. */
export function ScheduleDefaults(props: SettingsPartProps) {
  const may = useMay('write')
  const [edited, setEdited] = useState(false)
  const { everySeconds, thoroughSeconds, everyOrigin, thoroughOrigin } = props.settings.schedule
  if (edited) return <ScheduleForm {...props} done={() => setEdited(false)} />
  const isOfFile = everyOrigin === 'file' && thoroughOrigin === 'file'
  return (
    <div class="defaults">
      <p>
        Endpoints without their own schedule: probed every <strong>{formatSpan(everySeconds)}</strong>,
        thorough at least once in <strong>{formatSpan(thoroughSeconds)}</strong>
      </p>
      {isOfFile ? (
        <span class="dim small">in watch.yaml</span>
      ) : may ? (
        <button type="button" class="plain" onClick={() => setEdited(true)}>
          Change<span class="unseen-text"> the defaults of the schedule</span>
        </button>
      ) : null}
    </div>
  )
}

function ScheduleForm({ settings, changed, done }: SettingsPartProps & { readonly done: () => void }) {
  const { fault, busy, send } = useChange(changed)
  const { everySeconds, thoroughSeconds, everyOrigin, thoroughOrigin } = settings.schedule
  const save = async (form: HTMLFormElement) => {
    // What the file holds cannot be chosen, and is not sent.
    const { every, thorough } = fieldsOf(form)
    const edit: ScheduleEdit = {
      ...(every === undefined ? {} : { everySeconds: Number(every) }),
      ...(thorough === undefined ? {} : { thoroughSeconds: Number(thorough) }),
    }
    if ((await send('PUT', '/settings/schedule', edit)) !== undefined) done()
  }
  return (
    <Form
      label="Schedule of endpoints without their own"
      word="Save"
      {...{ busy, fault }}
      send={(form) => void save(form)}
      leave={done}
    >
      <Choice
        label="Probed every"
        name="every"
        chosen={String(everySeconds)}
        options={spansWith(paces, everySeconds)}
        {...heldBy(everyOrigin)}
      />
      <Choice
        label="Thorough at least once in"
        name="thorough"
        chosen={String(thoroughSeconds)}
        options={spansWith(thoroughPaces, thoroughSeconds)}
        {...heldBy(thoroughOrigin)}
      />
    </Form>
  )
}

/** For a field whose value the file holds. */
export function heldBy(origin: 'file' | 'api' | 'built-in') {
  return origin === 'file' ? { disabled: true, note: 'In watch.yaml: change it there.' } : {}
}
