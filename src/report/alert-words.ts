import type { AlertStep } from '../fleet/alert-step.ts'
import type { Condition, FleetHit, ForecastDetail } from '../fleet/condition.ts'
import type { SnapshotChange } from '../fleet/snapshot-change.ts'
import type { MarginSummary } from '../fleet/verdict-summary.ts'
import { changeWords } from './alert-change-words.ts'
import { escapeText } from './escape.ts'
import { countsNote } from './limit-reading.ts'
import { formatCount, formatList, formatNumber } from './units.ts'
import { limitName } from './words/chain-words.ts'
import { capital } from './words/words.ts'

/** What an alert calls things: names of the config in place of ids. */
export interface AlertNames {
  readonly endpoint: (id: string) => string
  readonly fleet: (id: string) => string
}

/** An alert in plain text: every channel and the page say it in these words. What others wrote is made visible. */
export interface AlertText {
  /** One line, without a full stop: what, where, how many devices. */
  readonly title: string
  /** Sentences with the numbers, most telling first. */
  readonly lines: readonly string[]
}

/** The words of a step: what is raised, told again, or over. */
export function stepText(step: Pick<AlertStep, 'act' | 'condition'>, names: AlertNames): AlertText {
  const text = conditionText(step.condition, names)
  if (step.act === 'raise') return text
  if (step.act === 'recover') {
    return { title: `Recovered: ${text.title}`, lines: ['This no longer holds.', ...text.lines.map(before)] }
  }
  return { title: `${step.act === 'update' ? 'Update' : 'Still so'}: ${text.title}`, lines: text.lines }
}

function before(line: string): string {
  return `It was: ${line}`
}

export function conditionText(condition: Condition, names: AlertNames): AlertText {
  const at = shown(names.endpoint(condition.endpointId))
  const devices = formatCount(condition.deviceCount, 'device')
  switch (condition.kind) {
    case 'blocked':
      return verdictText(`${devices} cannot reach ${at}`, condition.detail, names)
    case 'at-risk':
      return verdictText(`${devices} at risk at ${at}`, condition.detail, names)
    case 'undecided': {
      const leans = condition.detail.fleets.some((hit) => hit.leans === 'blocked')
      const what = leans ? 'likely cannot reach' : 'cannot be told to reach'
      return verdictText(`${devices} ${what} ${at}`, condition.detail, names)
    }
    case 'margin': {
      const { limit, fleets, rule, change } = condition.detail
      const verb = rule === 'least' ? 'Little room' : 'Less room'
      return {
        title: `${verb} at ${at}: ${limitName(limit)}, ${devices}`,
        lines: [
          ...changeLine(change),
          ...fleets.map(
            ({ fleetId, device, count, margin, leftBefore }) =>
              `${fleetWords({ fleetId, device, count }, names)}: ${roomWords(margin, leftBefore)}.`,
          ),
        ],
      }
    }
    case 'expiry': {
      const { role, subject, notAfter, days, fleets, endpointIds } = condition.detail
      const when =
        days < 0 ? `ended ${ago(-days)}` : `ends ${days === 0 ? 'today' : `in ${formatCount(days, 'day')}`}`
      const where = role === 'anchor' ? `, held by ${devices},` : ` of ${at}`
      const what = role === 'anchor' ? 'The anchor' : `The ${role}`
      return {
        title: `${what} ${shown(subject)}${where} ${when}`,
        lines: [
          `It is valid until ${notAfter.slice(0, 16).replace('T', ' ')} UTC.`,
          ...(endpointIds === undefined
            ? []
            : [`Needed at ${formatList(endpointIds.map((id) => shown(names.endpoint(id))))}.`]),
          ...fleets.map((hit) => hitLine(hit, names)),
        ],
      }
    }
    case 'unreachable': {
      const { since, attempts, failure, reachedFrom } = condition.detail
      const others =
        reachedFrom.length === 0
          ? ''
          : ` It answers from ${formatList(reachedFrom.map((one) => shown(one)))}.`
      return {
        title: `${at} is not reached from ${formatList(condition.vantages.map((one) => shown(one)))}: ${devices}`,
        lines: [
          `${formatCount(attempts, 'attempt')} failed (${shown(failure)}), since ${since.slice(0, 16).replace('T', ' ')} UTC.${others}`,
        ],
      }
    }
    case 'forecast':
      return forecastText(condition.detail, condition.deviceCount, at, names)
    case 'changed': {
      const { change, rooms } = condition.detail
      const { title, line } = changeWords(change)
      return {
        title: `${title} at ${at}`,
        lines: [
          line,
          ...rooms.map(
            ({ fleetId, leftBefore, margin }) =>
              `${shown(names.fleet(fleetId))}: ${roomWords(margin, leftBefore)}.`,
          ),
        ],
      }
    }
  }
}

function verdictText(
  title: string,
  { fleets, change }: { readonly fleets: readonly FleetHit[]; readonly change?: SnapshotChange | undefined },
  names: AlertNames,
): AlertText {
  return { title, lines: [...changeLine(change), ...fleets.map((hit) => hitLine(hit, names))] }
}

function changeLine(change: SnapshotChange | undefined): string[] {
  return change === undefined ? [] : [`It came with a change. ${changeWords(change).line}`]
}

const stateWords = { fits: 'fits', 'at-risk': 'at risk', blocked: 'blocked', undecided: 'undecided' } as const

/** `Trackers (38,000 nrf9160@1.3.7): blocked at chain. The chain needs …` */
function hitLine(hit: FleetHit, names: AlertNames): string {
  const { state, stage, finding, margin } = hit
  const at = stage === undefined ? '' : ` at ${stage}`
  const why = finding === undefined ? '' : ` ${finding.sentence}`
  // A sentence that names the limit has told how far from it this is, of the record or certificate that it names.
  const figures: readonly string[] = finding?.sentence.match(/\d[\d,]*\d|\d/g) ?? []
  const isTold = margin !== undefined && figures.includes(formatNumber(margin.limitValue))
  const room = margin === undefined || isTold ? '' : ` ${capital(roomWords(margin))}.`
  return `${fleetWords(hit, names)}: ${stateWords[state]}${at}.${why}${room}`
}

function fleetWords(
  { fleetId, device, count }: Pick<FleetHit, 'fleetId' | 'device' | 'count'>,
  names: AlertNames,
): string {
  return `${shown(names.fleet(fleetId))} (${formatNumber(count)} ${shown(device)})`
}

/** `certificate chain, path needed: 312 of 4,096 bytes left, before 1,777`. */
function roomWords(margin: MarginSummary, leftBefore?: number): string {
  const { limit, counts, left, limitValue, unit } = margin
  const name = `${limitName(limit)}${countsNote(counts)}`
  const was = leftBefore === undefined ? '' : `, before ${room(leftBefore)}`
  if (left < 0) return `${name}: ${formatNumber(-left)} ${unit} over ${formatNumber(limitValue)}${was}`
  return `${name}: ${formatNumber(left)} of ${formatNumber(limitValue)} ${unit} left${was}`
}

function room(left: number): string {
  return left < 0 ? `${formatNumber(-left)} over` : formatNumber(left)
}

/** `On 13 May 2027 38,000 nrf9160@1.3.7 stop at …`. */
function forecastText(detail: ForecastDetail, deviceCount: number, at: string, names: AlertNames): AlertText {
  const { fleets, certain, title, candidate, host, bytesBefore, bytesAfter, avoidedBy } = detail
  const kinds = [...new Set(fleets.map(({ device }) => device))]
  const who =
    kinds.length === 1
      ? `${formatNumber(deviceCount)} ${shown(kinds[0] ?? '')}`
      : formatCount(deviceCount, 'device')
  const verb = certain ? 'stop' : 'may stop'
  const where = host === undefined ? at : `${at} (at ${shown(host)})`
  const size =
    bytesBefore === undefined || bytesAfter === undefined || bytesBefore === bytesAfter
      ? []
      : [`The chain goes from ${formatNumber(bytesBefore)} to ${formatNumber(bytesAfter)} bytes.`]
  return {
    title: `${capital(whenWords(detail))} ${who} ${verb} at ${where}`,
    lines: [
      candidate === undefined ? `What changes: ${shown(title)}.` : `With the chain of ${shown(candidate)}.`,
      ...size,
      ...fleets.map((hit) => hitLine(hit, names)),
      ...(avoidedBy.length === 0 ? [] : [`Avoided by: ${formatList(avoidedBy.map((name) => shown(name)))}.`]),
    ],
  }
}

const months = 'January February March April May June July August September October November December'.split(
  ' ',
)

function whenWords({ date, timing }: Pick<ForecastDetail, 'date' | 'timing'>): string {
  if (timing === 'now') return 'as soon as it is served'
  if (timing === 'undated' || date === undefined) return 'on a day that is not announced yet'
  if (timing === 'late') return `since ${dateWords(date).words}, once it comes,`
  const { words, isDay } = dateWords(date)
  return isDay ? `on ${words}` : `in ${words}`
}

/** `2027-05-13`, `2027-05`, `2026-Q4`, `2027`. */
function dateWords(date: string): { readonly words: string; readonly isDay: boolean } {
  const [year = '', part = '', day] = date.split('-')
  if (part === '' || part.startsWith('Q')) return { words: `${part} ${year}`.trim(), isDay: false }
  const month = months[Number(part) - 1] ?? part
  return day === undefined
    ? { words: `${month} ${year}`, isDay: false }
    : { words: `${Number(day)} ${month} ${year}`, isDay: true }
}

function ago(days: number): string {
  return days <= 1 ? 'within the last day' : `${formatCount(days, 'day')} ago`
}

function shown(text: string): string {
  return escapeText(text, { maxChars: 120 })
}
