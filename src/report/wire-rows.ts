import { leadFinding } from '../judge/lead-finding.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Connection } from '../observe/observation.ts'
import { groupBy } from './collapse.ts'
import { escapeText } from './escape.ts'
import { legsOf } from './reading.ts'
import { formatCount } from './units.ts'
import {
  afterExchanges,
  atAnswer,
  beforeRequests,
  closeLine,
  describeConnection,
  exchangeRows,
  hiddenLine,
  isAfterStop,
  maxMessages,
  mqttLines,
  readWire,
  requestLine,
  responseLine,
  type Stop,
  type WireReading,
} from './wire-reading.ts'
import type { WireArrow, WireRow, WireStop } from './wire-story.ts'

/** A connection, with the verdicts of its observation. */
export interface WireView {
  readonly leg: Connection
  readonly verdicts: readonly Verdict[]
}

/**
 * The `index`th connection of observations with the same chain; connections that differ in their times alone, or not at
 * all, are one group: one picture does for all of them.
 */
export function alikeViews(verdicts: readonly Verdict[], index: number): WireView[][] {
  const views = groupBy(verdicts, (verdict) => verdict.observation).flatMap((own): WireView[] => {
    const leg = legsOf(own[0]!.observation)[index]
    return leg === undefined ? [] : [{ leg, verdicts: own }]
  })
  return groupBy(views, wireKey)
}

function wireKey({ leg }: WireView): string {
  return JSON.stringify([
    describeConnection(leg, {}),
    readWire(leg, []).names,
    leg.messages.map(({ direction, messageBytes, records }) => [direction, messageBytes, records]),
    leg.exchanges.map((exchange) => [requestLine(exchange, {}), responseLine(exchange, {})]),
    leg.mqtt,
    leg.close?.how,
  ])
}

/** In the order of text: the handshake, what was exchanged, what came after, the close. The views are alike. */
export function wireRows(views: readonly WireView[], nameOf: (verdict: Verdict) => string): WireRow[] {
  const leg = views[0]?.leg
  if (leg === undefined || leg.messages.length === 0) return []
  const wire = uniteWires(views.map((view) => readWire(view.leg, view.verdicts)))
  const { handshakeEnd, end } = wire
  const shown = Math.min(leg.messages.length, maxMessages)
  const rows: WireRow[] = []
  const stops = (index: number) => rows.push(...stopRows(wire.stops, index, nameOf))
  const messages = (from: number, to: number) => {
    for (let index = from; index < Math.min(to, shown); index += 1) {
      rows.push(messageRow(leg, wire, index))
      stops(index)
    }
  }
  const said = (sent: boolean, text: string, after: boolean) =>
    rows.push({ kind: 'arrow', sent, text, after })
  messages(0, handshakeEnd)
  stops(beforeRequests)
  for (const row of exchangeRows(leg, wire)) {
    if ('hidden' in row) {
      said(true, hiddenLine(row), row.beyond)
      continue
    }
    const index = atAnswer(row.at)
    said(true, requestLine(leg.exchanges[row.at]!, {}), index > end)
    said(false, responseLine(leg.exchanges[row.at]!, {}), index > end)
    stops(index)
  }
  const beyond = end < afterExchanges
  const mqtt = mqttLines(leg, {})
  if (mqtt !== undefined) {
    said(true, mqtt.sent, beyond)
    said(false, mqtt.received, beyond)
  }
  stops(afterExchanges)
  messages(handshakeEnd, leg.messages.length)
  if (leg.messages.length > shown)
    said(false, `… and ${formatCount(leg.messages.length - shown, 'more message')}`, beyond)
  const close = closeLine(leg)
  if (close !== undefined) said(false, close, beyond)
  return rows
}

function uniteWires(wires: readonly WireReading[]): WireReading {
  return {
    ...wires[0]!,
    stops: wires.flatMap(({ stops }) => stops),
    end: Math.max(...wires.map(({ end }) => end)),
  }
}

function messageRow(leg: Connection, wire: WireReading, index: number): WireArrow {
  const { direction, messageBytes, records, atMs } = leg.messages[index]!
  const text = escapeText(wire.names[index] ?? '', { maxChars: 26 })
  return {
    kind: 'arrow',
    ...{ sent: direction === 'sent', text, messageBytes, records, atMs },
    after: isAfterStop(leg, wire, index),
  }
}

/** Devices that stop here with the same words share a row. */
function stopRows(stops: readonly Stop[], index: number, nameOf: (verdict: Verdict) => string): WireStop[] {
  const groups = new Map<string, { readonly first: Omit<WireStop, 'who'>; readonly who: string[] }>()
  for (const { index: at, certain, later, verdict } of stops) {
    if (at !== index) continue
    const stage = verdict.stage ?? leadFinding(verdict)?.stage
    const first = { kind: 'stop', certain, later, stage, shows: shownBy(verdict) } as const
    const key = JSON.stringify(first)
    const group = groups.get(key) ?? { first, who: [] }
    groups.set(key, group)
    const name = nameOf(verdict)
    if (!group.who.includes(name)) group.who.push(name)
  }
  return [...groups.values()].map(({ first, who }) => ({ ...first, who }))
}

function shownBy(verdict: Verdict): WireStop['shows'] {
  const words = leadFinding(verdict)?.deviceWords
  if (words === undefined) return undefined
  const log = words.log?.split('\n')[0]
  return {
    code: escapeText(words.code),
    log: log === undefined || log === '' ? undefined : escapeText(log),
  }
}
