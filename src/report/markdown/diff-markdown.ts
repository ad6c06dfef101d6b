import type { Device } from '../../device/device.ts'
import type { DeviceDifferences } from '../../device/device-differences.ts'
import type { DevicePart } from '../../device/device-parts.ts'
import { partName, partValue } from '../device-words.ts'
import {
  formatDevicesDiff,
  formatObservationsDiff,
  limitWords,
  type ObservationsShown,
  sessionLabel,
} from '../diff-text.ts'
import { formatDifference } from '../difference-words.ts'
import { escapeText } from '../escape.ts'
import { markdownCode } from '../escape-markdown.ts'
import { formatNumber } from '../units.ts'
import { accountPage, document, foldedAccount } from './account.ts'
import { plain, tableRow } from './markdown-pieces.ts'

const maxPairs = 20
const maxLimits = 8

/** What `tlsfit diff --format markdown` prints of two endpoints, captures or files. */
export function observationsDiffMarkdown(diffed: ObservationsShown): string {
  const { pairs } = diffed
  const shown = pairs.slice(0, maxPairs).flatMap((pair) => {
    const name = pairs.length > 1 ? [`**${plain(sessionLabel(pair.a, {}))}**`] : []
    const rows = pair.differences.map((one) => tableRow([one.stage, plain(formatDifference(one))]))
    const limits = pair.limits.slice(0, maxLimits).map((one) => `- ${plain(limitWords(one))}`)
    const table = [tableRow(['stage', 'difference']), '|---|---|', ...rows].join('\n')
    if (rows.length > 0) return [...name, table, limits.join('\n')]
    const isSeen = pair.a.connections.length + pair.b.connections.length > 0
    return [
      ...name,
      isSeen ? 'No difference that matters.' : 'Neither is reached from here: there is nothing to compare.',
    ]
  })
  const hidden = pairs.length - maxPairs
  return document([
    `**A:** ${markdownCode(diffed.a)}  \n**B:** ${markdownCode(diffed.b)}`,
    ...shown,
    ...(hidden > 0 ? [`_${formatNumber(hidden)} more pairs: \`--format json\` has all._`] : []),
    foldedAccount(formatObservationsDiff(diffed, accountPage)),
  ])
}

/** What `tlsfit diff device:A device:B --format markdown` prints. */
export function devicesDiffMarkdown(a: Device, b: Device, differences: DeviceDifferences): string {
  const rows = differences.parts
    .filter((part) => part.a.known && part.b.known)
    .map((part) =>
      tableRow([partName(part.a), shownValue(part.a), shownValue(part.b)].map((text) => plain(text))),
    )
  const shown = ({ id, name }: Device) =>
    `${markdownCode(id)} (${plain(escapeText(name, { maxChars: 200 }))})`
  return document([
    `**A:** ${shown(a)}  \n**B:** ${shown(b)}`,
    rows.length === 0
      ? 'Nothing that is known of both differs.'
      : [tableRow(['what', 'A', 'B']), '|---|---|---|', ...rows].join('\n'),
    foldedAccount(formatDevicesDiff(a, b, differences, accountPage)),
  ])
}

function shownValue({ known, ...part }: DevicePart): string {
  return known === undefined ? 'not known' : partValue({ ...part, known }).value
}
