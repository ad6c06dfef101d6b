import type { Verdict } from '../judge/verdict.ts'
import type { Connection, RecordRun } from '../observe/observation.ts'
import { fitWidth, type Page } from './layout.ts'
import { limitNumber, limitOf, lowestLayer } from './reading.ts'
import { formatBytes, formatCount, formatNumber } from './units.ts'

/** Runs drawn of all connections together; the others are counted. */
const maxRuns = 14

/** The application data records of the download, run-length: where, how many, how large, against the limit. */
export function writeRecords(page: Page, verdicts: readonly Verdict[], among: boolean): void {
  const connections = (verdicts[0]?.observation.connections ?? []).filter((each) => each.records.length > 0)
  if (connections.length === 0) return
  const limits = verdicts.flatMap((verdict) => {
    const value = limitNumber(limitOf(verdict, 'recordBytes'))
    return value === undefined ? [] : [{ value, label: lowestLayer(verdict) }]
  })
  const growth = new Set(
    verdicts.flatMap(({ findings }) =>
      findings.flatMap((finding) => (finding.id === 'record-growth' ? [finding.details.offset] : [])),
    ),
  )
  const runs = connections.flatMap((each) => each.records)
  const largest = Math.max(...runs.map((run) => run.plaintextBytes))
  const limit = limits.length === 0 ? undefined : Math.min(...limits.map(({ value }) => value))
  const scale = Math.max(largest, limit ?? 0, 1)
  const barWidth = Math.max(10, page.columns - 50)
  const at = (bytes: number) => Math.max(1, Math.round((bytes / scale) * barWidth))
  page.paragraph(
    'data   ',
    `${among ? `as ${verdicts.map(lowestLayer).join(', ')}: ` : ''}${formatCount(count(runs), 'record')} received, ${formatBytes(total(runs))}, largest ${formatNumber(largest)}`,
    { label: 'strong' },
  )
  let left = maxRuns
  for (const [index, connection] of connections.entries()) {
    if (left <= 0) {
      const rest = connections.slice(index).flatMap((each) => each.records)
      page.paragraph(
        '       ',
        `… and ${formatCount(connections.length - index, 'more connection')}, ${formatCount(
          count(rest),
          'record',
        )}, largest ${formatNumber(Math.max(...rest.map((run) => run.plaintextBytes)))}`,
        { text: 'dim' },
      )
      break
    }
    left -= writeRuns(page, connection, growth, {
      limit,
      left,
      at,
      barWidth,
      several: connections.length > 1,
      index,
    })
  }
  for (const { value, label } of limits) {
    if (value > scale) continue
    page.row([
      [fitWidth(`limit ${label}`, 25, 'right')],
      [`  ${fitWidth(formatNumber(value), 9, 'right')} `, 'warn'],
      [`${' '.repeat(at(value) - 1)}◄`, 'warn'],
    ])
  }
}

function writeRuns(
  page: Page,
  connection: Connection,
  growth: ReadonlySet<number>,
  draw: {
    readonly limit: number | undefined
    readonly left: number
    readonly at: (bytes: number) => number
    readonly barWidth: number
    readonly several: boolean
    readonly index: number
  },
): number {
  if (draw.several) {
    page.paragraph('       ', `connection ${draw.index + 1} (${connection.role})`, { text: 'dim' })
  }
  const shown = connection.records.slice(0, draw.left)
  for (const run of shown) {
    const over = draw.limit !== undefined && run.plaintextBytes > draw.limit
    page.row([
      [fitWidth(`at ${formatNumber(run.offset)}`, 18, 'right')],
      [fitWidth(`${formatNumber(run.count)} × `, 10, 'right')],
      [fitWidth(formatNumber(run.plaintextBytes), 8, 'right'), over ? 'bad' : 'none'],
      [' '],
      [fitWidth('█'.repeat(draw.at(run.plaintextBytes)), draw.barWidth), over ? 'bad' : 'none'],
      [growth.has(run.offset) ? ' ◄ grows' : over ? ' over' : '', 'bad'],
    ])
  }
  const hidden = connection.records.slice(shown.length)
  if (hidden.length > 0) {
    page.paragraph(
      '       ',
      `… and ${formatCount(count(hidden), 'more record')}, largest ${formatNumber(
        Math.max(...hidden.map((run) => run.plaintextBytes)),
      )}`,
      { text: 'dim' },
    )
  }
  return shown.length
}

function count(runs: readonly RecordRun[]): number {
  return runs.reduce((sum, run) => sum + run.count, 0)
}

function total(runs: readonly RecordRun[]): number {
  return runs.reduce((sum, run) => sum + run.count * run.plaintextBytes, 0)
}
