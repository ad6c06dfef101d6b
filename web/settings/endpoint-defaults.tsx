import type { DefaultsEdit, DefaultsInfo } from '../../src/api/contract.ts'
import { TextField } from '../parts/form.tsx'
import { formatCount, formatNumber } from '../words/figures.ts'
import { Defaults, heldBy } from './defaults.tsx'
import type { SettingsPartProps } from './settings-page.tsx'
import { fieldsOf } from './use-change.ts'

/** What holds for endpoints that say nothing themselves, beside their schedule. */
export function EndpointDefaults({ settings, changed }: SettingsPartProps) {
  const { origins, ...defaults } = settings.defaults
  return (
    <Defaults
      label="Time limit, retries and thresholds of endpoints without their own"
      path="/settings/defaults"
      facts={factsOf(defaults)}
      origins={Object.values(origins)}
      editOf={(form) => editOf(form, settings.defaults)}
      changed={changed}
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
    </Defaults>
  )
}

function factsOf(defaults: Omit<DefaultsInfo, 'origins'>): [word: string, value: string][] {
  const { leafDays, intermediateDays, rootDays, anchorDays } = defaults
  const ends = [
    `leaf\u00a0${formatNumber(leafDays)}`,
    `intermediate\u00a0${formatNumber(intermediateDays)}`,
    `root\u00a0${formatNumber(rootDays)}`,
    `anchor\u00a0${formatNumber(anchorDays)}`,
  ]
  return [
    ['A step may take', `${formatNumber(defaults.timeoutSeconds)}\u00a0s`],
    ['What fails is tried again', timesOf(defaults)],
    ['Told when room left is below', roomText(defaults.room)],
    ['Told when a round loses more than', roomText(defaults.shrink)],
    ['Days told before the end of', ends.join(', ')],
  ]
}

function timesOf({ retryCount, retryAfterSeconds }: Omit<DefaultsInfo, 'origins'>): string {
  if (retryCount === 0) return 'never'
  return `${formatCount(retryCount, 'time')}, after ${formatNumber(retryAfterSeconds)}\u00a0s`
}

function roomText({ percent, bytes }: DefaultsInfo['room']): string {
  const parts = [
    ...(percent === undefined ? [] : [`${percent}\u00a0%`]),
    ...(bytes === undefined ? [] : [`${formatNumber(bytes)}\u00a0B`]),
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
