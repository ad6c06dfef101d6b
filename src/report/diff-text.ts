import type { Device } from '../device/device.ts'
import type { DeviceDifferences } from '../device/device-differences.ts'
import type { DevicePart } from '../device/device-parts.ts'
import type { Difference } from '../judge/differences.ts'
import type { LimitCrossed } from '../judge/limits-between.ts'
import type { Observation } from '../observe/observation.ts'
import { groupNames, partName, partValue } from './device-words.ts'
import { certificateLines, formatDifference } from './difference-words.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import { Page } from './layout.ts'
import type { TextOptions } from './text.ts'
import { formatBytes, formatCount, formatList, formatNumber } from './units.ts'

export interface ObservationsShown {
  readonly a: string
  readonly b: string
  readonly pairs: readonly {
    readonly a: Observation
    readonly b: Observation
    readonly differences: readonly Difference[]
    readonly limits: readonly LimitCrossed[]
  }[]
  readonly onlyA: readonly Observation[]
  readonly onlyB: readonly Observation[]
}

const maxPairs = 40
const maxLimits = 8

/** What `tlsfit diff` prints of two endpoints, captures or files. Ends with a line feed. */
export function formatObservationsDiff(diffed: ObservationsShown, options: TextOptions): string {
  const page = new Page({ columns: options.columns, color: options.color, ascii: options.ascii ?? false })
  const escapes = { ascii: options.ascii ?? false }
  page.paragraph('A  ', escapeText(diffed.a, escapes), { label: 'strong' })
  page.paragraph('B  ', escapeText(diffed.b, escapes), { label: 'strong' })
  for (const pair of diffed.pairs.slice(0, maxPairs)) {
    page.blank()
    if (diffed.pairs.length > 1) page.paragraph('', sessionLabel(pair.a, escapes), { text: 'strong' })
    if (pair.a.connections.length + pair.b.connections.length === 0)
      page.paragraph('  ', 'neither is reached from here: there is nothing to compare', { text: 'warn' })
    else if (pair.differences.length === 0)
      page.paragraph('  ', 'no difference that matters', { text: 'good' })
    for (const difference of pair.differences) {
      page.paragraph(`  ${difference.stage.padEnd(9)} `, formatDifference(difference, escapes), {
        label: 'dim',
      })
      for (const line of certificateLines(difference, escapes)) page.paragraph('              ', line)
    }
    for (const crossed of pair.limits.slice(0, maxLimits))
      page.paragraph('            ', limitWords(crossed), { text: 'warn' })
    const more = pair.limits.length - maxLimits
    if (more > 0)
      page.paragraph(
        '            ',
        `and ${formatCount(more, 'more limit', 'more limits')} of devices between the two sizes`,
        { text: 'dim' },
      )
  }
  if (diffed.pairs.length > maxPairs)
    page.paragraph('… ', `${formatNumber(diffed.pairs.length - maxPairs)} more pairs of sessions`)
  if (diffed.pairs.length === 0 && diffed.onlyA.length + diffed.onlyB.length === 0) {
    page.blank()
    page.paragraph('  ', 'there is no TLS session on either side to compare', { text: 'warn' })
  }
  writeOnly(page, 'A', diffed.onlyA, escapes)
  writeOnly(page, 'B', diffed.onlyB, escapes)
  return page.toString()
}

/** A limit that lies between the two sizes. */
export function limitWords({ device, limitBytes, counts, over }: LimitCrossed): string {
  const [fits, not] = over === 'b' ? ['A', 'B'] : ['B', 'A']
  const how = counts === 'unknown' ? ', if it counts all that is sent' : ''
  return `${device} takes ${formatBytes(limitBytes)}${how}: ${fits} fits, ${not} does not`
}

function writeOnly(page: Page, side: string, sessions: readonly Observation[], escapes: EscapeOptions): void {
  if (sessions.length === 0) return
  page.blank()
  const names = sessions.map((session) => sessionLabel(session, escapes))
  page.paragraph('', `only in ${side}: ${formatList(names, 6)}`)
}

export function sessionLabel({ connections, target }: Observation, escapes: EscapeOptions): string {
  const [connection] = connections
  const name = connection?.hello?.sni ?? connection?.host ?? target.host
  const at = connection?.address === undefined ? '' : `${connection.address}:${connection.port ?? ''}`
  return escapeText(
    [name, at].filter((part) => part !== undefined && part !== '').join(' at ') || target.text,
    escapes,
  )
}

/** What `tlsfit diff device:A device:B` prints. Ends with a line feed. */
export function formatDevicesDiff(
  a: Device,
  b: Device,
  differences: DeviceDifferences,
  options: TextOptions,
): string {
  const page = new Page({ columns: options.columns, color: options.color, ascii: options.ascii ?? false })
  page.paragraph('A  ', `${a.id} (${a.name})`, { label: 'strong' })
  page.paragraph('B  ', `${b.id} (${b.name})`, { label: 'strong' })
  const both = differences.parts.filter(({ a: one, b: other }) => one.known && other.known)
  for (const { a: one, b: other } of both) {
    page.blank()
    page.paragraph('  ', `${groupNames[one.group]}: ${partName(one)}`, { text: 'strong' })
    tellSide(page, 'A', one)
    tellSide(page, 'B', other)
    const note = other.known?.note ?? one.known?.note
    if (note !== undefined) page.paragraph('     ', note, { text: 'dim' })
    const source = other.known ?? one.known
    if (source !== undefined)
      page.paragraph('     ', `${source.confidence}: ${source.source}`, { text: 'dim' })
  }
  tellUnknown(page, differences)
  const { anchors } = differences
  if (anchors !== undefined) {
    page.blank()
    page.paragraph('  ', 'roots held', { text: 'strong' })
    const [heldA, heldB] = [anchors.a?.value ?? [], anchors.b?.value ?? []]
    for (const root of heldA.filter((one) => !heldB.includes(one))) page.paragraph('    only A  ', root)
    for (const root of heldB.filter((one) => !heldA.includes(one))) page.paragraph('    only B  ', root)
    if (JSON.stringify([...heldA].sort()) === JSON.stringify([...heldB].sort()))
      page.paragraph('    ', 'the same, tried in another order')
    const note = anchors.b?.note ?? anchors.a?.note
    if (note !== undefined) page.paragraph('     ', note, { text: 'dim' })
  }
  for (const [side, quirks] of [
    ['A', differences.quirks.onlyA],
    ['B', differences.quirks.onlyB],
  ] as const) {
    for (const quirk of quirks) {
      page.blank()
      page.paragraph(`  known of ${side} only  `, quirk.value)
      page.paragraph('     ', `${quirk.confidence}: ${quirk.source}`, { text: 'dim' })
    }
  }
  if (differences.updates.length > 0) page.blank()
  for (const { family, update } of differences.updates) {
    page.paragraph(`  the change of ${family} itself  `, update.value, { label: 'warn' })
    page.paragraph('     ', `${update.confidence}: ${update.source}`, { text: 'dim' })
  }
  if (isEmpty(differences)) {
    page.blank()
    page.paragraph('  ', 'no difference is known', { text: 'good' })
  }
  return page.toString()
}

/** What one side alone is known of is no difference yet: it is named, and the values are in `devices show`. */
function tellUnknown(page: Page, { parts }: DeviceDifferences): void {
  for (const side of ['a', 'b'] as const) {
    const unknown = parts.filter((part) => part[side].known === undefined)
    if (unknown.length === 0) continue
    page.blank()
    const names = [...new Set(unknown.map((part) => partName(part[side])))]
    page.paragraph(`  not known of ${side.toUpperCase()}: `, names.join(', '), { text: 'dim' })
  }
}

function tellSide(page: Page, side: string, part: DevicePart): void {
  const { known } = part
  if (known === undefined) {
    page.paragraph(`    ${side}  `, 'not known', { text: 'dim' })
    return
  }
  const { value, more } = partValue({ ...part, known })
  page.paragraph(`    ${side}  `, value)
  for (const line of more) page.paragraph('       ', line)
}

function isEmpty({ parts, anchors, quirks, updates }: DeviceDifferences): boolean {
  return (
    parts.length + quirks.onlyA.length + quirks.onlyB.length + updates.length === 0 && anchors === undefined
  )
}
