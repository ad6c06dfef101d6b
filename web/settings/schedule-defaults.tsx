import type { ScheduleEdit } from '../../src/api/contract.ts'
import { Choice } from '../parts/form.tsx'
import { formatSpan } from '../words/figures.ts'
import { Defaults, heldBy } from './defaults.tsx'
import type { SettingsPartProps } from './settings-page.tsx'
import { paces, spansWith, thoroughPaces } from './spans.ts'
import { fieldsOf } from './use-change.ts'

/** What endpoints follow that have no schedule of their own. */
export function ScheduleDefaults({ settings, changed }: SettingsPartProps) {
  const { everySeconds, thoroughSeconds, everyOrigin, thoroughOrigin } = settings.schedule
  return (
    <Defaults
      label="Schedule of endpoints without their own"
      path="/settings/schedule"
      facts={[
        ['Probed every', formatSpan(everySeconds)],
        ['Thorough at least once in', formatSpan(thoroughSeconds)],
      ]}
      origins={[everyOrigin, thoroughOrigin]}
      {...{ editOf, changed }}
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
    </Defaults>
  )
}

/** What the file holds cannot be chosen, and is not sent. */
function editOf(form: HTMLFormElement): ScheduleEdit {
  const { every, thorough } = fieldsOf(form)
  return {
    ...(every === undefined ? {} : { everySeconds: Number(every) }),
    ...(thorough === undefined ? {} : { thoroughSeconds: Number(thorough) }),
  }
}
