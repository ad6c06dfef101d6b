import type { Device } from '../../device/device.ts'
import type { FieldRow } from '../../device/evidence.ts'
import type { Counting } from '../../device/limit.ts'
import { partName, rangeText, withUnit } from '../device-words.ts'
import { formatNumber } from '../units.ts'

/** One endpoint that the device took or refused, with every limit that it speaks of. */
export interface FieldStory {
  readonly id: string
  readonly outcome: FieldRow['outcome']
  readonly endpoint: string
  readonly seen: string
  /** Family and versions, such as `nrf9160 1.2.0..1.3.7`. */
  readonly heldFor: string
  /** DER of each certificate, leaf first; undefined: not known. */
  readonly certificates: readonly number[] | undefined
  readonly limits: readonly StoryLimit[]
  readonly confidence: FieldRow['confidence']
  readonly source: string
}

export interface StoryLimit {
  readonly limit: FieldRow['limit']
  readonly readings: FieldRow['readings']
}

/** The rows of `evidence/` that hold for this device, a row of the file again one story; what was taken first. */
export function fieldStories({ evidence }: Device): readonly FieldStory[] {
  const stories = new Map<string, { row: FieldRow; limits: StoryLimit[] }>()
  for (const row of evidence) {
    const key = `${row.family} ${row.id}`
    const story = stories.get(key) ?? { row, limits: [] }
    story.limits.push({ limit: row.limit, readings: row.readings })
    stories.set(key, story)
  }
  const all = [...stories.values()].map(({ row, limits }) => ({
    id: row.id,
    outcome: row.outcome,
    endpoint: row.endpoint,
    seen: row.seen.endsWith('-') ? `${row.seen.slice(0, -1)} and since` : row.seen,
    heldFor: `${row.family} ${rangeText(row.versions)}`,
    certificates: row.certificates,
    limits,
    confidence: row.confidence,
    source: row.source,
  }))
  return [
    ...all.filter(({ outcome }) => outcome === 'accepted'),
    ...all.filter(({ outcome }) => outcome === 'refused'),
  ]
}

/** `certificate chain 4,879 bytes sent, 2,560 bytes up to the anchor`. */
export function storyLimitText({ limit, readings }: StoryLimit): string {
  const known = Object.entries(readings).filter((each): each is [Counting, number] => each[1] !== undefined)
  const shown = known.map(([way, value]) => `${withUnit(limit, value)}${wayWords[way] ?? ''}`)
  return `${partName({ key: limit })} ${shown.join(', ')}`
}

/** Ways of counting that the name of the limit does not say. */
const wayWords: { readonly [C in Counting]?: string } = { sent: ' sent', path: ' up to the anchor' }

export const noFieldRows =
  'No endpoint is on record that it took or refused; tlsfit evidence submit makes a row.'

/** `1,459 + 1,101 + 1,174 bytes`; undefined where the sizes are not known. */
export function certificateSizes({ certificates }: FieldStory): string | undefined {
  return certificates && `${certificates.map(formatNumber).join(' + ')} bytes`
}
