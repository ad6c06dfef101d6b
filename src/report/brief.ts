import { leadFinding } from '../judge/lead-finding.ts'
import type { Verdict } from '../judge/verdict.ts'
import { causeText, states } from './headline.ts'
import type { Page } from './layout.ts'
import { countsNote, passesNote, tightestFirst } from './limit-reading.ts'
import { formatCount, formatNumber } from './units.ts'
import { limitName } from './words/chain-words.ts'

/** A verdict in a few lines, for a story: the state, what decides it, the numbers with the least room. */
export function writeBrief(page: Page, verdict: Verdict, options: { readonly ascii: boolean }): void {
  const state = states[verdict.state]
  const lead = leadFinding(verdict)
  const stage = verdict.stage ?? lead?.stage
  const text =
    lead === undefined
      ? received(verdict)
      : `${stage === undefined ? '' : `(${stage}) `}${causeText(lead, verdict, options)}`
  page.paragraph(`  ${state.word}`, text, { label: state.style })
  // Where something decides, its sentence has the numbers.
  if (lead === undefined) writeNumbers(page, verdict)
}

function writeNumbers(page: Page, verdict: Verdict): void {
  const numbers = tightestFirst(verdict)
    .slice(0, 3)
    .map((margin) => {
      const passes = margin.left < 0 ? passesNote(verdict, margin) : undefined
      const name = `${limitName(margin.limit)}${countsNote(margin.counts)}`
      const figures = `${formatNumber(margin.value)} of ${formatNumber(margin.limitValue)}`
      return `${name} ${figures}${passes === undefined ? '' : `, ${passes}`}`
    })
  if (numbers.length > 0) page.paragraph('    numbers ', numbers.join('; '), { label: 'dim' })
}

/** What came over the wire, where nothing stood in the way. */
function received({ observation }: Verdict): string {
  const exchanges = observation.connections.flatMap((connection) => connection.exchanges)
  const bytes = exchanges.reduce((total, { response }) => total + (response?.bodyBytes ?? 0), 0)
  const mqtt = observation.connections.find((connection) => connection.mqtt?.connack !== undefined)?.mqtt
  const parts: string[] = []
  if (exchanges.length > 0) {
    parts.push(`${formatNumber(bytes)} bytes in ${formatCount(exchanges.length, 'request')}`)
  }
  if (mqtt?.connack !== undefined) parts.push(`CONNACK with return code ${mqtt.connack.returnCode}`)
  return parts.length > 0 ? `the device gets ${parts.join(', ')}` : 'the handshake completes'
}
