import { describe, expect, test } from 'vitest'
import { connection, dial, exchange, records } from '../../test/support/judge-observations.ts'
import { azureVerdict, finding, liveObservation, nrf9160 } from '../../test/support/verdict-fixture.ts'
import type { Finding } from '../finding/finding.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Connection } from '../observe/observation.ts'
import { HtmlReport } from './html/html-report.ts'
import { stopExchange } from './stop-exchange.ts'
import { formatText } from './text.ts'

const hello = liveObservation('https://a.example/fw.bin', '192.0.2.1').connections[0]!.messages
const messages = [...hello, { ...hello[0]!, name: 'Finished' }]

/** So many ranges on one connection, each answered with 100 bytes of head and 2,000 of body. */
function ranged(count: number, rest: Partial<Connection> = {}): Connection {
  const exchanges = Array.from({ length: count }, (_, at) =>
    exchange(
      { status: 206, headBytes: 100, headOffset: at * 2100, bodyOffset: at * 2100 + 100, bodyBytes: 2000 },
      { range: { first: at * 2000, last: at * 2000 + 1999 } },
    ),
  )
  return connection({ messages, exchanges, records: records([2100, count]), ...rest })
}

function blocked(connections: readonly Connection[], lead: Finding): Verdict {
  const { stage } = lead
  return azureVerdict({ observation: dial(connections), device: nrf9160(), stage, findings: [lead] })
}

function tooLarge(offset: number, recordBytes = 2100): Finding {
  const details = { recordBytes, limitBytes: 2000, offset, rangeBytes: 2000, largestBytes: undefined }
  return finding('record-too-large', details, { effect: 'blocks' })
}

function wireOf(verdict: Verdict): string[] {
  const lines = formatText([verdict], { color: false, columns: 200 }).split('\n')
  return lines.slice(lines.findIndex((line) => line.startsWith('wire')))
}

describe('the wire of a download', () => {
  test('stops after the answer that holds the first record that is too large', () => {
    const wire = wireOf(blocked([ranged(30)], tooLarge(0)))
    const first = wire.findIndex((line) => line.includes('GET'))
    expect(wire[first + 1]).toContain('HTTP 206')
    expect(wire[first + 2]).toMatch(/✗ nrf9160@1\.3\.7 stops here \(records\)/)
    expect(wire.findLastIndex((line) => line.includes('GET'))).toBeGreaterThan(first + 2)
    expect(wire.find((line) => line.includes('26 more requests'))).toContain('after the stop')
  })

  test('shows a late answer at which it stops, and counts those before and after', () => {
    const late = ranged(30, { records: records([2100, 20], [2099, 1], [2100, 9]) })
    const wire = wireOf(blocked([late], tooLarge(42_000, 2099)))
    const stop = wire.findIndex((line) => line.includes('stops here'))
    expect(wire[stop - 2]).toContain('bytes 40,000 to 41,999')
    expect(wire[stop - 3]).toContain('and 16 more requests on it')
    expect(wire[stop - 3]).not.toContain('after the stop')
    expect(wire[stop + 1]).toContain('and 9 more requests on it, after the stop')
  })

  test('the alert that ends the connection comes after the stop, a ticket may have come before', () => {
    const alert = { ...hello[0]!, name: 'Alert', messageBytes: undefined }
    const ticket = { ...hello[0]!, name: 'NewSessionTicket', direction: 'received' as const }
    const ended = ranged(30, { messages: [...messages, ticket, alert], establishedAtMs: 5 })
    const page = new HtmlReport().add([blocked([ended], tooLarge(0))])
    const stop = page.indexOf('stops here (records)</text>')
    expect(page.slice(stop).match(/class="arrow"/g)).toHaveLength(1)
  })

  test('in HTML too, and what comes after is dim there', () => {
    const report = new HtmlReport()
    const page = report.add([blocked([ranged(30)], tooLarge(0))])
    const stop = page.indexOf('stops here (records)</text>')
    expect(stop).toBeGreaterThan(page.indexOf('>GET'))
    const after = page.slice(stop)
    expect(after).toContain('and 26 more requests on it, after the stop')
    expect(after.match(/class="arrow"/g)).toBeNull()
    expect(page.slice(0, stop)).not.toContain('class="arrow after"')
  })

  test('a record on a connection that is not drawn is said to be on a later one', () => {
    const next = ranged(1, { role: 'range', records: records([9000, 1]) })
    const wire = wireOf(blocked([ranged(1), next], tooLarge(0, 9000)))
    expect(wire.join('\n')).toContain('nrf9160@1.3.7 stops on a later connection (records)')
  })

  test('a path that is too long stops before the first request', () => {
    const lead = finding('path-too-long', { pathBytes: 300, limitBytes: 192 }, { effect: 'blocks' })
    const wire = wireOf(blocked([ranged(3)], lead))
    const stop = wire.findIndex((line) => line.includes('stops here (http)'))
    expect(stop).toBeGreaterThan(0)
    expect(stop).toBeLessThan(wire.findIndex((line) => line.includes('GET')))
  })
})

describe('the answer a finding is about', () => {
  const at = (lead: Finding, ...exchanges: Parameters<typeof exchange>[]) =>
    stopExchange(lead, dial([connection({ exchanges: exchanges.map((each) => exchange(...each)) })]))?.index

  test('is the first with that status', () => {
    const lead = finding('http-status', { status: 404, reason: 'Not Found' }, { effect: 'blocks' })
    expect(at(lead, [{ status: 206 }], [{ status: 404 }], [{ status: 404 }])).toBe(1)
  })

  test('is the one whose head is over the limit, not one before it', () => {
    const lead = finding('head-too-large', { headBytes: 900, limitBytes: 512 }, { effect: 'blocks' })
    expect(at(lead, [{ headBytes: 200 }], [{ headBytes: 600 }], [{ headBytes: 900 }])).toBe(1)
  })

  test('is the last redirect where the device follows them', () => {
    const details = { status: 302, to: 'http://a.example/' }
    const lead = finding('redirect-to-plaintext', details, { effect: 'blocks' })
    expect(at(lead, [{ status: 302 }], [{ status: 302 }])).toBe(1)
  })

  test('is the one with the whole file where a range was asked for', () => {
    const lead = finding('range-unsupported', { status: 200 }, { effect: 'blocks' })
    const range = { first: 0, last: 99 }
    expect(at(lead, [{ status: 200 }], [{ status: 206 }, { range }], [{ status: 200 }, { range }])).toBe(2)
  })

  test('is the one with the content coding, at the path that has it', () => {
    const details = {
      codings: ['gzip'],
      status: 200,
      path: '/fw.bin',
      bodyBytes: 1,
      request: 'silent',
    } as const
    const lead = finding('content-coded', { ...details, why: 'not-unpacked' }, { effect: 'blocks' })
    const coded = { status: 200, contentEncoding: 'gzip' }
    expect(at(lead, [{ status: 200 }], [coded, { path: '/other' }], [coded])).toBe(2)
  })

  test('is none for what was not read to its end', () => {
    const lead = finding('records-unseen', { why: 'byte-limit' }, { effect: 'unknown' })
    expect(at(lead, [{ status: 206 }])).toBeUndefined()
  })
})
