import type { Device, Sourced } from '../device/device.ts'
import { type DevicePart, type PartGroup, partsOf } from '../device/device-parts.ts'
import { groupNames, partName, partValue } from './device-words.ts'
import { Page } from './layout.ts'
import { formatCount } from './units.ts'

export interface PageOptions {
  readonly columns: number
  readonly color: boolean
  readonly ascii: boolean
}

const indent = ' '.repeat(4)

/** One device, its layers merged: every value with its source, and what is not known. */
export function formatDevice(device: Device, options: PageOptions): string {
  const page = new Page(options)
  const parts = partsOf(device)
  const known = parts.filter((part) => part.known !== undefined)
  page.paragraph('', device.name, { text: 'strong' })
  page.paragraph('  id      ', device.id, { label: 'dim' })
  for (const { family, name, version, range, defaulted } of device.layers) {
    const chosen = defaulted ? '; taken by default' : ''
    const within = range === version ? '' : `, in ${range}`
    page.paragraph('  layer   ', `${family}@${version}: ${name}${within}${chosen}`, { label: 'dim' })
  }
  page.paragraph('  known   ', `${known.length} of ${parts.length} values`, { label: 'dim' })
  for (const group of Object.keys(groupNames) as PartGroup[]) {
    const own = known.filter((part) => part.group === group)
    if (own.length === 0) continue
    heading(page, group === 'hello' ? `${groupNames.hello} (${device.hello.origin})` : groupNames[group])
    for (const part of own) tellPart(page, part)
  }
  tellMore(page, device)
  tellWords(page, device)
  tellUnknown(page, device, parts)
  return page.toString()
}

function heading(page: Page, text: string): void {
  page.blank()
  page.paragraph('', text, { text: 'strong' })
}

function tellPart(page: Page, part: DevicePart): void {
  const { known } = part
  if (known === undefined) return
  const { value, more } = partValue({ ...part, known })
  tellValue(page, partName(part), value, known, more)
}

function tellValue(
  page: Page,
  name: string,
  value: string,
  { source, confidence, note }: Omit<Sourced<unknown>, 'value'>,
  more: readonly string[] = [],
): void {
  page.paragraph(`  ${name.padEnd(22)} `, value, { label: 'none' })
  for (const line of more) page.paragraph(indent, line)
  if (note !== undefined) page.paragraph(indent, note)
  page.paragraph(indent, `${confidence}: ${source}`, { text: 'dim' })
}

function tellMore(page: Page, { anchorsHeld, handshakeFragments, quirks }: Device): void {
  if (anchorsHeld !== undefined || handshakeFragments !== undefined) heading(page, 'more')
  if (handshakeFragments !== undefined)
    tellValue(page, 'handshake fragments', handshakeFragments.value, handshakeFragments)
  if (anchorsHeld !== undefined) tellValue(page, 'roots held', anchorsHeld.value.join(', '), anchorsHeld)
  if (quirks.length > 0) heading(page, 'quirks')
  for (const { value, source, confidence } of quirks) {
    page.paragraph('  ', value)
    page.paragraph(indent, `${confidence}: ${source}`, { text: 'dim' })
  }
}

function tellWords(page: Page, { errors }: Device): void {
  if (errors.length === 0) return
  heading(page, 'what it shows when it fails')
  for (const { code, when, statuses, log, detail, source, confidence } of errors) {
    const about = statuses === undefined ? '' : ` (HTTP ${statuses[0]} to ${statuses[1]})`
    page.paragraph(`  ${code}  `, `${when.join(', ')}${about}`, { label: 'bad' })
    for (const line of log?.split('\n') ?? []) page.paragraph(`${indent}log  `, line, { label: 'dim' })
    if (detail !== undefined) page.paragraph(indent, detail)
    page.paragraph(indent, `${confidence}: ${source}`, { text: 'dim' })
  }
}

/** What nobody told: as much a part of the answer as what is known. */
function tellUnknown(page: Page, device: Device, parts: readonly DevicePart[]): void {
  const unknown = parts.filter(({ known }) => known === undefined)
  heading(page, `not known: ${formatCount(unknown.length, 'value')}`)
  for (const group of Object.keys(groupNames) as PartGroup[]) {
    const own = unknown.filter((part) => part.group === group).map(partName)
    if (own.length > 0) page.paragraph(`  ${groupNames[group].padEnd(14)}`, own.join(', '), { label: 'dim' })
  }
  if (device.http === undefined) page.paragraph('  HTTP client   ', 'all of it', { label: 'dim' })
  if (device.mqtt === undefined) page.paragraph('  MQTT client   ', 'all of it', { label: 'dim' })
  if (device.handshakeFragments === undefined)
    page.paragraph('  ', 'whether a handshake message may be cut over several records')
  if (device.anchorsHeld === undefined) page.paragraph('  ', 'which roots it holds: name them with --anchor')
}
