import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { helloRecordsOf, modelHello, outcomeOf } from '../../test/support/model-device.ts'
import { sessionHeader as header } from '../../test/support/session-header.ts'
import { Exam } from './exam.ts'
import {
  answersByDevice,
  formatHeader,
  formatRecorded,
  parseSession,
  type Recorded,
  SESSION_SCHEMA,
  SessionError,
} from './session.ts'
import type { Answer } from './topic.ts'
import { chainFound } from './topics/chain.ts'

const recorded = record({ message: 4096, joins: false, dataRecord: 2303 })
const text = formatHeader(header) + recorded.map(formatRecorded).join('')

function record(device: Parameters<typeof outcomeOf>[0]): Recorded[] {
  const answers: Answer[] = []
  for (let probe = new Exam(answers).next(); probe !== undefined; probe = new Exam(answers).next()) {
    const hello = helloRecordsOf(modelHello)
    answers.push({ probe, outcome: { ...outcomeOf(device, probe.serving), hello } })
  }
  return answers.map((answer) => ({ device: '192.0.2.9 1234', answer }))
}

describe('a session file', () => {
  test('gives back what was written, and the exam says the same of it', () => {
    const session = parseSession(Buffer.from(text))
    expect(session.header).toEqual(header)
    expect(session.recorded).toEqual(recorded)
    const [answers] = answersByDevice(session.recorded).values()
    expect(chainFound(new Exam(answers!))).toEqual(chainFound(new Exam(recorded.map(({ answer }) => answer))))
    expect(new Exam(answers!).next()).toBeUndefined()
  })

  test('of before there was a choice of engine was made with OpenSSL', () => {
    const before = text.replaceAll('"engine":"openssl",', '')
    expect(before).not.toBe(text)
    expect(parseSession(Buffer.from(before)).recorded).toEqual(recorded)
  })

  test('cut anywhere, holds every answer whose line is whole', () => {
    const bytes = Buffer.from(text)
    const first = text.indexOf('\n') + 1
    for (let length = first; length < bytes.length; length += 1501) {
      const session = parseSession(bytes.subarray(0, length))
      const lines = bytes.subarray(0, length).toString().split('\n').length - 2
      expect(session.recorded).toEqual(recorded.slice(0, lines))
      expect(bytes.subarray(0, session.wholeBytes).at(-1)).toBe(0x0a)
    }
  })

  test('another header, or a line that was changed, is one clear error', () => {
    const code = (from: string) => {
      try {
        parseSession(Buffer.from(from))
      } catch (error) {
        return (error as SessionError).code
      }
      return undefined
    }
    expect(code(text.replace(SESSION_SCHEMA, 'tlsfit/measurement@9'))).toBe('session-other')
    expect(code('')).toBe('session-broken')
    expect(code('{}\n')).toBe('session-other')
    expect(code(text.replace('"baseline"', '"basement"'))).toBe('session-broken')
    expect(code(`${text}[]\n`)).toBe('session-broken')
    expect(code(`${text}{"device":"${'x'.repeat(300_000)}"}\n`)).toBe('session-broken')
  })

  test('whatever else stands in it, nothing but a SessionError is thrown', () => {
    const bytes = Buffer.from(text)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const broken = Buffer.from(bytes)
        broken[at] = byte
        try {
          parseSession(broken)
        } catch (error) {
          expect(error).toBeInstanceOf(SessionError)
        }
      }),
      { numRuns: 150 },
    )
  })
})
