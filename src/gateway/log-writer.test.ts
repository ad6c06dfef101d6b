import { describe, expect, test } from 'vitest'
import type { GatewayEvent } from './gateway-log.ts'
import { jsonLine, logTo, textLine } from './log-writer.ts'

const at = new Date('2026-09-01T00:00:00Z')
const event: GatewayEvent = {
  level: 'warn',
  what: 'denied',
  listener: 'fota',
  connection: 7,
  remote: '192.0.2.1',
  message: 'no route for that path',
  facts: { target: '/a\n{"what":"secured"}\u001b[31m', status: 404, gone: undefined },
}

describe('a log line', () => {
  test('of JSON is one line, whatever a client wrote', () => {
    const line = jsonLine(event, at, 2)
    expect(line.indexOf('\n')).toBe(line.length - 1)
    expect(JSON.parse(line)).toEqual({
      time: '2026-09-01T00:00:00.000Z',
      level: 'warn',
      what: 'denied',
      worker: 2,
      listener: 'fota',
      connection: 7,
      remote: '192.0.2.1',
      target: event.facts?.target,
      status: 404,
      message: 'no route for that path',
    })
  })

  test('of text shows no control character of a client', () => {
    const line = textLine(event, at, undefined)
    expect(line.trimEnd()).not.toMatch(/[\u0000-\u001f]/)
    expect(line).toContain('fota 192.0.2.1 #7')
    expect(line).not.toContain('gone')
  })

  test('is bounded, so that lines of several workers do not mix', () => {
    const long = { ...event, facts: { target: 'x'.repeat(60_000) } }
    expect(jsonLine(long, at, 1).length).toBeLessThan(4_096)
    expect(textLine(long, at, 1).length).toBeLessThan(4_096)
  })

  test('is written as one piece', () => {
    const written: string[] = []
    logTo(
      (line) => written.push(line),
      jsonLine,
      1,
      () => at,
    )(event)
    expect(written).toHaveLength(1)
  })
})
