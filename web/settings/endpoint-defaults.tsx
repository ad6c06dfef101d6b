import { useState } from 'preact/hooks'
import type { DefaultsEdit, DefaultsInfo } from '../../src/api/contract.ts'
import { Form, TextField } from '../parts/form.tsx'
import { useMay } from '../session.ts'
import { formatNumber } from '../words/figures.ts'
import { heldBy } from './schedule-defaults.tsx'
import type { SettingsPartProps } from './settings-page.tsx'
import { fieldsOf, useChange } from './use-change.ts'

/** What holds for endpoints that say nothing themselves, beside their schedule. */
export function EndpointDefaults(props: SettingsPartProps) {
  const may = useMay('write')
  const [edited, setEdited] = useState(false)
  const { origins, ...defaults } = props.settings.defaults
  if (edited) return <DefaultsForm {...props} done={() => setEdited(false)} />
  const { leafDays, intermediateDays, rootDays, anchorDays } = defaults
  return (
    <div class="defaults">
      <p>
        A step may take <strong>{formatNumber(defaults.timeoutSeconds)} s</strong>; what fails is tried again{' '}
        <strong>{timesOf(defaults)}</strong>. Told where less than <strong>{roomText(defaults.room)}</strong>{' '}
        is left to a limit, more than <strong>{roomText(defaults.shrink)}</strong> is lost, and{' '}
        <strong>
          {[leafDays, intermediateDays, rootDays, anchorDays].map(formatNumber).join(' / ')} days
        </strong>{' '}
        before a leaf, an intermediate, a root, an anchor ends
      </p>
      {Object.values(origins).every((origin) => origin === 'file') ? (
        <span class="dim small">in watch.yaml</span>
      ) : may ? (
        <button type="button" class="plain" onClick={() => setEdited(true)}>
          Change<span class="unseen-text"> time limit, retries and thresholds</span>
        </button>
      ) : null}
    </div>
  )
}

function timesOf({ retryCount, retryAfterSeconds }: Omit<DefaultsInfo, 'origins'>): string {
  if (retryCount === 0) return 'never'
  return `${formatNumber(retryCount)} times, after ${formatNumber(retryAfterSeconds)} s`
}

function roomText({ percent, bytes }: DefaultsInfo['room']): string {
  const parts = [
    ...(percent === undefined ? [] : [`${percent} %`]),
    ...(bytes === undefined ? [] : [`${formatNumber(bytes)} B`]),
  ]
  return parts.join(' or ')
}

type NumberPart = Exclude<keyof DefaultsEdit, 'room' | 'shrink'>

const numbers: readonly { readonly part: NumberPart; readonly label: string; readonly most: number }[] = [
  { part: 'timeoutSeconds', label: 'Seconds for a step', most: 86_400 },
  { part: 'retryCount', label: 'Tries again', most: 20 },
  { part: 'retryAfterSeconds', label: 'Seconds before one', most: 86_400 },
  { part: 'leafDays', label: 'Days before a leaf ends', most: 3_650 },
  { part: 'intermediateDays', label: 'Days before an intermediate ends', most: 3_650 },
  { part: 'rootDays', label: 'Days before a root ends', most: 10_950 },
  { part: 'anchorDays', label: 'Days before an anchor ends', most: 10_950 },
]
const rooms = [
  { part: 'room', label: 'Room left' },
  { part: 'shrink', label: 'Room lost in a round' },
] as const

function DefaultsForm({ settings, changed, done }: SettingsPartProps & { readonly done: () => void }) {
  const { fault, busy, send } = useChange(changed)
  const { origins, ...defaults } = settings.defaults
  const save = async (form: HTMLFormElement) => {
    if ((await send('PUT', '/settings/defaults', editOf(form, settings.defaults))) !== undefined) done()
  }
  return (
    <Form
      label="Time limit, retries and thresholds of endpoints without their own"
      word="Save"
      {...{ busy, fault }}
      send={(form) => void save(form)}
      leave={done}
    >
      {numbers.map(({ part, label, most }) => (
        <TextField
          key={part}
          {...{ label, name: part, type: 'number', max: String(most), required: true }}
          min={part.endsWith('Seconds') ? '1' : '0'}
          defaultValue={String(defaults[part])}
          {...heldBy(origins[part])}
        />
      ))}
      {rooms.flatMap(({ part, label }) => [
        <TextField
          key={`${part}Percent`}
          {...{ label: `${label}, % of a limit`, name: `${part}Percent`, type: 'number' }}
          {...{ min: '0', max: '100', step: 'any' }}
          defaultValue={defaults[part].percent?.toString()}
          {...heldBy(origins[part])}
        />,
        <TextField
          key={`${part}Bytes`}
          {...{ label: `${label}, bytes`, name: `${part}Bytes`, type: 'number', min: '0' }}
          defaultValue={defaults[part].bytes?.toString()}
          {...heldBy(origins[part])}
        />,
      ])}
    </Form>
  )
}

/** What was built in and was not touched stays so; what the file holds cannot be typed, and is not sent. */
function editOf(form: HTMLFormElement, { origins, ...before }: DefaultsInfo): DefaultsEdit {
  const fields = fieldsOf(form)
  const isKept = (part: keyof DefaultsEdit, same: boolean) =>
    origins[part] === 'file' || (origins[part] === 'built-in' && same)
  const typed = numbers
    .map(({ part }) => [part, Number(fields[part] ?? before[part])] as const)
    .filter(([part, value]) => !isKept(part, value === before[part]))
  const roomy = rooms.flatMap(({ part }) => {
    const percent = numberOf(fields[`${part}Percent`])
    const bytes = numberOf(fields[`${part}Bytes`])
    const isSame = percent === before[part].percent && bytes === before[part].bytes
    return isKept(part, isSame)
      ? []
      : [[part, percent === undefined && bytes === undefined ? null : { percent, bytes }] as const]
  })
  return Object.fromEntries([...typed, ...roomy])
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}
