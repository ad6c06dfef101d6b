import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { examine } from '../../../test/support/examine.ts'
import { hostileText } from '../../../test/support/hostile-verdict.ts'
import { renderMarkdown, tagsOf } from '../../../test/support/markdown-tree.ts'
import { measuredAgainst } from '../../../test/support/measured-against.ts'
import { modelHello } from '../../../test/support/model-device.ts'
import { attributeOf, parseHtml, shapeOf, textOf } from '../../../test/support/parsed-html.ts'
import { bisectionsOf } from '../../exam/bisections.ts'
import { Exam } from '../../exam/exam.ts'
import { formatMeasuredHtml } from './measured-html.ts'
import { formatMeasuredMarkdown } from './measured-markdown.ts'
import type { MeasuredReport, MeasuredResult } from './measured-report.ts'

const against = measuredAgainst({ message: 4096, joins: false, accepts: ['wrong-name'] }, 'mbedtls@2.28')

function reportOf(result: Partial<MeasuredResult> = {}, more: Partial<MeasuredReport> = {}): MeasuredReport {
  return {
    version: '0.0.0',
    devices: [{ ...against, sameHello: ['mbedtls@2.28'], profile: './device.yaml', ...result }],
    testCa: {
      sha256: 'ab'.repeat(32),
      removal: { text: 'delete it from the modem', commands: ['AT+CFUN=4', 'AT%CMNG=3,4200,0'] },
    },
    others: [],
    ...more,
  }
}

const textIn = (page: string) => textOf(parseHtml(page).elements.find(({ tagName }) => tagName === 'body')!)

describe('the page of a measurement', () => {
  const page = formatMeasuredHtml(reportOf())
  const parsed = parseHtml(page)

  test('marks what a list has more and less than the catalogue, folds what is long, and breaks no name', () => {
    const lists = {
      added: Array.from({ length: 20 }, (_, i) => `NEW_${i}`),
      removed: ['OLD'],
      both: ['KEPT'],
    }
    const first = against.difference!.changed[0]!
    const changed = [{ ...first, name: 'cipher suites', lists }]
    const shown = parseHtml(formatMeasuredHtml(reportOf({ difference: { ...against.difference!, changed } })))
    expect(shown.faults).toEqual([])
    const marked = (tag: string) => shown.elements.filter(({ tagName }) => tagName === tag).map(textOf)
    expect(marked('ins')).toEqual(lists.added.map((one) => `+\u00a0${one}`))
    expect(marked('del')).toEqual(['\u2212\u00a0OLD'])
    expect(marked('summary')).toEqual(expect.arrayContaining(['20 only measured', '1 in both']))
    expect(marked('p').join()).toContain('1 only in the catalogue:')
  })

  test('tells how it behaves before what differs from the catalogue', () => {
    const titles = parsed.elements.filter(({ tagName }) => tagName === 'h3').map(textOf)
    const at = (words: string) => titles.findIndex((title) => title.startsWith(words))
    expect(at('How it behaves')).toBeGreaterThan(at('Limits'))
    expect(at('Not as the catalogue')).toBeGreaterThan(at('How it behaves'))
  })

  test('is well-formed, one file, with ids that are there once', () => {
    expect(parsed.faults).toEqual([])
    const ids = parsed.elements.flatMap((element) => attributeOf(element, 'id') ?? [])
    expect(new Set(ids).size).toBe(ids.length)
    expect(page).not.toMatch(/<script|<link|<img|\b(?:src|href)="(?!#)/)
  })

  test('tells findings before limits, the difference, what is open, and how to take the test CA away', () => {
    const headings = parsed.elements.filter(({ tagName }) => /^h[2-4]$/.test(tagName)).map(textOf)
    expect(headings).toEqual([
      '192.0.2.1 hello 012345',
      'Security',
      'critical It accepted a certificate for another name',
      'Limits',
      'How they were found',
      'How it behaves',
      'Not as the catalogue says of Mbed TLS 2.28',
      'Versions ClientHello',
      'Cipher suites ClientHello',
      'Groups ClientHello',
      'Signature schemes ClientHello',
      'Extensions ClientHello',
      'Not told',
      'ClientHello',
      'Take the test CA off the device',
    ])
    const text = textIn(page)
    expect(text).toMatch(/1 finding of security/)
    expect(text).toMatch(/What to do: give its TLS library the host name/)
    expect(text).toContain('AT%CMNG=3,4200,0')
  })

  test('has a picture of each search of more than one connection, told in words with its numbers', () => {
    const searches = bisectionsOf(against.exam).filter(({ steps }) => steps.length > 1)
    const pictures = parsed.elements.filter((element) => attributeOf(element, 'role') === 'img')
    expect(pictures).toHaveLength(searches.length)
    const [first] = pictures
    const [title, description] = ['title', 'desc'].map((name) =>
      textOf(parseHtml(page).elements.find(({ tagName }) => tagName === name && name !== 'title') ?? first!),
    )
    expect(title).toContain('Certificate message, 4,096 bytes')
    expect(description).toContain('The catalogue says 16,384 (counts the handshake message with its header')
    const chain = searches[0]!
    for (const { at, value } of chain.steps)
      expect(description).toContain(`connection ${at + 1}: ${value.toLocaleString('en-US')} bytes`)
  })

  test('draws every probe by its shape: as many discs and crosses as passed and failed', () => {
    const steps = bisectionsOf(against.exam).flatMap(({ steps }) => (steps.length > 1 ? steps : []))
    const drawn = (name: string) =>
      parsed.elements.filter((element) => attributeOf(element, 'class') === name).length - IN_LEGEND
    expect(drawn('probe-passes')).toBe(steps.filter(({ said }) => said === 'passes').length)
    expect(drawn('probe-fails')).toBe(steps.filter(({ said }) => said === 'fails').length)
  })

  test('of a device that never took the plain chain, tells what may be wrong', () => {
    const before = against.exam.answers[0]!
    const outcome = { ...before.outcome, reached: 'hello', version: undefined } as const
    const text = textIn(formatMeasuredHtml(reportOf({ exam: new Exam([{ ...before, outcome }]) })))
    expect(text).toContain('Not measured: it never took the plain chain')
  })

  test('of a session without an answer, says so', () => {
    expect(textIn(formatMeasuredHtml(reportOf({}, { devices: [] })))).toContain('No device has answered')
  })
})

const IN_LEGEND = 1

/** A device whose hello, address and requests hold the text. */
function spoiltBy(text: string): MeasuredReport {
  const sni = [...text].map((char) => (char > ' ' && char <= '~' ? char : '.')).join('')
  const hello = {
    ...modelHello,
    extensions: [{ kind: 'server_name', host: sni } as const, ...modelHello.extensions.slice(1)],
  }
  const exam = examine({ hello, message: 3000, accepts: ['expired'] }, (outcome) => ({
    ...outcome,
    requests: outcome.requests.map((request) => ({
      ...request,
      method: text,
      path: text,
      headerNames: [text],
      connection: text,
      range: text,
    })),
  }))
  return reportOf(
    {
      device: `${text.replaceAll(' ', '_')} 0123456789`,
      exam,
      sameHello: [text],
      profile: text,
      difference: undefined,
    },
    { others: [text] },
  )
}

test('what a device sends cannot change the page: its elements and attributes stay as they are', () => {
  const shape = shapeOf(parseHtml(formatMeasuredHtml(spoiltBy('x'))))
  fc.assert(
    fc.property(hostileText, (text) => {
      const parsed = parseHtml(formatMeasuredHtml(spoiltBy(text)))
      expect(parsed.faults).toEqual([])
      expect(shapeOf(parsed)).toEqual(shape)
    }),
    { numRuns: 12 },
  )
}, 60_000)

test('and in markdown it stays text', () => {
  const tags = (text: string) => tagsOf(renderMarkdown(formatMeasuredMarkdown(spoiltBy(text))))
  const expected = tags('x')
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(tags(text)).toEqual(expected)
    }),
    { numRuns: 12 },
  )
}, 60_000)

test('in markdown limits are a table, and findings have their severity', () => {
  const markdown = formatMeasuredMarkdown(reportOf())
  expect(markdown).toMatch(/^\| handshake message \| \*\*4,096 bytes\*\* \|/m)
  expect(markdown).toContain('- **critical**: it accepted a certificate for another name')
})
