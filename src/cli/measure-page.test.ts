import { expect, test } from 'vitest'
import { outcomeOf } from '../../test/support/model-device.ts'
import { Exam } from '../exam/exam.ts'
import type { Answer } from '../exam/topic.ts'
import type { CliIo } from './cli-io.ts'
import { MeasurePage } from './measure-page.ts'

const now = new Date('2026-11-21T10:00:00Z')

function terminal(isTTY: boolean) {
  const written: string[] = []
  const io: CliIo = {
    stdout: { write: (text) => written.push(text), isTTY, columns: 80 },
    stderr: { write: () => {}, isTTY: false, columns: undefined },
    readStdin: async () => '',
    stdinChunks: async function* () {},
    env: { NO_COLOR: '1', LANG: 'C.UTF-8' },
    now: () => now,
  }
  return { io, written }
}

/** What a terminal shows of what was written: the cursor goes up, and what is below it is erased. */
function shown(written: readonly string[]): string {
  const lines = ['']
  for (const part of written.join('').split(/(\u001b\[\d+A\u001b\[J|\n)/)) {
    const up = /\[(\d+)A/.exec(part)?.[1]
    if (up !== undefined) lines.splice(lines.length - 1 - Number(up), Number.POSITIVE_INFINITY, '')
    else if (part === '\n') lines.push('')
    else lines[lines.length - 1] += part
  }
  return lines.join('\n')
}

function play(page: MeasurePage, count: number): void {
  const answers: Answer[] = []
  for (let index = 0; index < count; index++) {
    const probe = new Exam(answers).next()!
    page.asked('192.0.2.9 abcdef0123', probe)
    const answer = { probe, outcome: outcomeOf({ message: 4096, joins: false }, probe.serving) }
    answers.push(answer)
    page.answered('192.0.2.9 abcdef0123', answer, new Exam(answers))
  }
}

test('on a terminal there is one block, with what is asked, known and left', () => {
  const { io, written } = terminal(true)
  const page = new MeasurePage(io)
  play(page, 21)
  const screen = shown(written)
  expect(screen.match(/192\.0\.2\.9 \(hello abcdef\)/g)).toHaveLength(1)
  expect(screen).toMatch(/asked {2}does it refuse a certificate signed by itself/)
  expect(screen).toMatch(/known {2}host name: checked/)
  expect(screen).toMatch(/done {3}21 connections; at most \d+ connections left/)
  expect(screen.split('\n').every((line) => line.length <= 80)).toBe(true)
  page.stray('192.0.2.66', 'not-tls', 1)
  expect(shown(written)).toMatch(/^10:00:00 {2}192\.0\.2\.66 {2}sent something that is no TLS\n192\.0\.2\.9/)
  page.clear()
  expect(shown(written)).toBe('10:00:00  192.0.2.66  sent something that is no TLS\n')
})

test('elsewhere there is a line an answer, and no control character', () => {
  const { io, written } = terminal(false)
  const page = new MeasurePage(io)
  play(page, 3)
  page.stray('192.0.2.66', 'not-tls', 1)
  page.stray('192.0.2.66', 'not-tls', 2)
  const text = written.join('')
  expect(text).not.toMatch(/\u001b/)
  expect(text.match(/^10:00:00/gm)).toHaveLength(4)
  expect(text.split('\n')[1]).toMatch(
    /^10:00:00 {2}192\.0\.2\.9 \(hello abcdef\) {2}#2 {2}does it refuse a certificate of a CA that it does not hold\? it refused/,
  )
})
