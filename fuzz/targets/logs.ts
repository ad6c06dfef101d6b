import { readDataFiles } from '../../src/io/data-files.ts'
import { openDialects } from '../../src/io/dialect-files.ts'
import { rankCauses } from '../../src/judge/causes.ts'
import type { Dialects } from '../../src/log/dialects.ts'
import { LogReader } from '../../src/log/log-reader.ts'
import { LogError } from '../../src/log/log-text.ts'
import { MAX_SHOWN_LINE } from '../../src/log/symptom.ts'
import { type FuzzTarget, must, mustEqual } from '../fuzz-target.ts'
import { piecesOf } from '../pieces.ts'
import { about } from './decode.ts'

/** Opened once for all dialects: to parse them takes a second. */
let opened: Dialects | undefined
function dialects(): Dialects {
  opened ??= openDialects()
  return opened
}

const SEED_LINES = 10
const SEEDS = 24

/** What stands in the place of a placeholder. */
const figures: Readonly<Record<string, readonly string[]>> = {
  int: ['-111', '0', '-2700', '42', '-1'],
  hex: ['0x2700', '-0x7200', '7f', '0xffffffff'],
  num: ['-0x2700', '-22', '0x1'],
  word: ['example.com', 'x'],
  '': ['a.example', 'some text', '-0x2700'],
}

const ids = [...readDataFiles('dialects').keys()]
  .filter((file) => file !== 'signs.yaml')
  .map((file) => file.replace('.yaml', ''))

/** A log of one dialect, read with all of them, as `explain` does. */
function dialectTarget(id: string): FuzzTarget {
  return {
    name: `dialect:${id}`,
    shortCases: 150,
    open: () => {
      const formats = dialects().lines.filter(({ dialect }) => dialect.id === id)
      if (formats.length === 0) throw new Error(`no lines of ${id}`)
      const lines = formats.map(({ format }, index) => filled(format.text, index))
      return {
        seeds: seedsOf(lines),
        words: [...new Set(lines)].slice(0, 200).concat(logWords),
        text: true,
        maxBytes: 12_000,
        maxMs: 250,
        run: runLog,
      }
    },
  }
}

function seedsOf(lines: readonly string[]): Uint8Array[] {
  const seeds: Uint8Array[] = []
  for (let at = 0; at < lines.length && seeds.length < SEEDS; at += SEED_LINES) {
    const part = lines.slice(at, at + SEED_LINES)
    seeds.push(Buffer.from(part.map((line, index) => `${stamps[index % stamps.length]}${line}`).join('\n')))
  }
  return seeds
}

function filled(format: string, turn: number): string {
  return format.replaceAll(/\{\w*(?::(\w+))?\}/g, (_, kind: string | undefined) => {
    const values = figures[kind ?? ''] ?? figures['']!
    return values[turn % values.length]!
  })
}

const stamps = [
  '',
  '[00:00:12.345,678] <err> x: ',
  'E (1234) esp-tls: ',
  '2026-01-02 03:04:05,678 ',
  '\u001b[0;31m',
]

const logWords = [
  ...[
    '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n',
    'https://a.example/fw?sig=x',
    'ERROR\r\n',
    'OK\r\n',
  ],
  ...[
    'AT+CFUN=1\r',
    'AT%CMNG=0,42,0,"x"\r',
    '-0x2700',
    '-0x7200',
    'errno 111',
    '-111',
    'mbedtls@2.28.3',
    'v5.2.1',
  ],
]

function runLog(input: Uint8Array): string {
  const whole = readLog([input])
  // The first piece tells the encoding; every caller waits for 64 KiB of it, or the end.
  const pieces = piecesOf(input)
  const inPieces = readLog([input.subarray(0, 0), input])
  mustEqual(inPieces, whole, 'an empty piece changes nothing')
  if (whole.facts !== undefined && isPlain(input)) {
    mustEqual(readLog(pieces), whole, 'a log in pieces is the log whole')
  }
  const { facts, fault } = whole
  if (facts === undefined) return `${fault}`
  for (const { line, lastLine, text } of facts.symptoms) {
    must(line >= 1 && line <= lastLine && lastLine <= facts.lines, 'a symptom stands on lines of the log')
    // Behind the cut stands a mark.
    must(text.length <= MAX_SHOWN_LINE + 2, 'what is shown of a line is bounded')
  }
  const ranked = rankCauses(facts)
  must(Array.isArray(ranked.causes), 'causes are ranked')
  const [lead] = ranked.causes
  return `${about(facts.symptoms.length)} ${lead?.id} ${about(facts.devices.length)} ${about(facts.certificates.length)} ${facts.notes.length}`
}

/** Neither UTF-16 nor noise in any first piece. */
function isPlain(input: Uint8Array): boolean {
  return input.every((byte) => (byte >= 9 && byte <= 13) || byte === 27 || (byte >= 32 && byte < 127))
}

function readLog(pieces: readonly Uint8Array[]) {
  try {
    const reader = new LogReader(dialects())
    for (const piece of pieces) reader.push(piece)
    return { facts: reader.finish(), fault: undefined }
  } catch (error) {
    if (!(error instanceof LogError)) throw error
    return { facts: undefined, fault: error.code }
  }
}

export const logs: readonly FuzzTarget[] = ids.map(dialectTarget)
