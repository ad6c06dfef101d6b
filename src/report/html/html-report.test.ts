import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { connection, dial, exchange, judged, records } from '../../../test/support/judge-observations.ts'
import { attributeOf, parseHtml, shapeOf, textOf } from '../../../test/support/parsed-html.ts'
import { runOf } from '../../../test/support/run-fixture.ts'
import { azureVerdict, liveObservation, nrf9160 } from '../../../test/support/verdict-fixture.ts'
import type { Verdict } from '../../judge/verdict.ts'
import type { Comparison } from '../../plan/comparison.ts'
import { formatText } from '../text.ts'
import { formatNumber } from '../units.ts'
import { HtmlReport } from './html-report.ts'

const target = 'https://edge.microsoft.com/fw.bin'
const failure = {
  target: 'gone.pem',
  code: 'file-not-found',
  message: 'no such file',
  hint: 'look',
  at: undefined,
}

function pageOf(...targets: readonly (readonly Verdict[])[]): string {
  const report = new HtmlReport()
  const states = { fits: 0, 'at-risk': 0, blocked: 0, undecided: 0 }
  for (const { state } of targets.flat()) states[state] += 1
  return (
    targets.map((verdicts) => report.add(verdicts)).join('') +
    report.end(runOf({ targets: targets.length, states }))
  )
}

function live(overrides: Partial<Verdict> = {}): Verdict {
  return azureVerdict({ observation: liveObservation(target, '192.0.2.1'), ...overrides })
}

/** A download over TLS with a redirect, as the judge sees it. */
function downloaded(text: string): Verdict {
  const first = connection({ records: records(300), exchanges: [exchange({ status: 302 })] })
  const { messages, chain } = liveObservation(target, '192.0.2.1').connections[0]!
  const last = connection({
    ...{ role: 'redirect', host: 'cdn.example', messages, chain },
    ...{ records: records([1, 50], [1400, 30], [16_384, 9]), exchanges: [exchange({})] },
  })
  return judged(dial([{ ...first, messages }, last], {}, { text }))
}

describe('the page', () => {
  const page = pageOf(
    [live()],
    [live({ state: 'fits', findings: [], stage: undefined })],
    [downloaded('https://a.example/')],
  )
  const parsed = parseHtml(page)

  test('parses without a fault, and no two elements share an id', () => {
    expect(parsed.faults).toEqual([])
    const ids = parsed.elements.flatMap((element) => attributeOf(element, 'id') ?? [])
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toContain('summary')
  })

  test('is one file: nothing is fetched, nothing runs, links lead within it', () => {
    const names = new Set(parsed.elements.map(({ tagName }) => tagName))
    for (const name of ['script', 'link', 'img', 'iframe', 'object', 'image', 'use'])
      expect(names).not.toContain(name)
    const ids = new Set(parsed.elements.map((element) => attributeOf(element, 'id')))
    for (const { attrs } of parsed.elements) {
      for (const { name, value } of attrs) {
        expect(name).not.toMatch(/^on|^src|^style$/)
        if (name === 'href') expect(ids).toContain(value.slice(1))
        for (const [, id] of value.matchAll(/url\(#([^)]+)\)/g)) expect(ids).toContain(id)
      }
    }
    const styles = parsed.elements
      .filter(({ tagName }) => tagName === 'style')
      .map(textOf)
      .join('')
    expect(styles).not.toMatch(/@import|url\(|https?:/)
    expect(page).toContain("default-src 'none'")
  })

  test('every picture has a title, a description with its numbers, and every table its headers', () => {
    const pictures = parsed.elements.filter((element) => attributeOf(element, 'role') === 'img')
    expect(pictures.length).toBeGreaterThan(4)
    for (const picture of pictures) {
      const named = ['aria-labelledby', 'aria-describedby'].map((name) => attributeOf(picture, name))
      const words = named.map((id) => parsed.elements.find((element) => attributeOf(element, 'id') === id))
      expect(words.map((element) => element?.tagName)).toEqual(['title', 'desc'])
      expect(words.every((element) => textOf(element!).length > 3)).toBe(true)
    }
    const heads = parsed.elements.filter(({ tagName }) => tagName === 'th')
    expect(heads.every((head) => ['col', 'row'].includes(attributeOf(head, 'scope') ?? ''))).toBe(true)
  })

  test('says what text says: cause, sources, cures with their commands, what is not known', () => {
    const verdict = live({
      missing: [{ needs: 'measured-limit', why: 'how it counts is not known', about: 'chainBytes' }],
    })
    const words = wordsOf(pageOf([verdict]))
    const text = formatText([verdict], { color: false, columns: 4000, verbose: true })
    expect(words).toContain(
      'The device shows errno 111 (ECONNREFUSED), in its log: "download_client: Unable to connect, errno 111"',
    )
    for (const each of verdict.findings) expect(words).toContain(each.id)
    expect(words).toContain(verdict.device.limits.chainBytes!.source)
    expect(words).toMatch(/How it counts is not known \(certificate chain\)/)
    const commands = text.split('\n').filter((line) => /^\s+(tlsfit (gateway|check)|CONFIG_)/.test(line))
    expect(commands.length).toBeGreaterThan(2)
    for (const command of commands) expect(words).toContain(command.trim().replace(/ +/g, ' '))
  })

  test('the pictures have the numbers of the verdict, and where the device stops', () => {
    const verdict = live()
    const { elements } = parseHtml(pageOf([verdict]))
    const drawn = elements.filter(({ tagName }) => tagName === 'text').map(textOf)
    for (const { value, left } of verdict.margins) {
      expect(drawn).toContain(`${formatNumber(value)}, ${formatNumber(-left)} over`)
    }
    for (const der of verdict.observation.connections[0]!.chain!.certificates) {
      expect(drawn).toContain(formatNumber(der.length))
    }
    const at = (text: string) => drawn.findIndex((each) => each.startsWith(text))
    expect(at('✗ nrf9160@1.3.7 stops here (chain)')).toBeGreaterThan(at('Certificate'))
    expect(at('✗ nrf9160@1.3.7 stops here (chain)')).toBeLessThan(at('ServerHelloDone'))
    expect(at('it shows errno 111')).toBeGreaterThan(0)
    const after = elements.filter((each) => attributeOf(each, 'class') === 'after').map(textOf)
    expect(after).toEqual(['ServerHelloDone'])
  })

  test('a fit has no stop', () => {
    const fits = pageOf([live({ state: 'fits', findings: [], stage: undefined })])
    const { elements } = parseHtml(fits)
    expect(elements.map((element) => attributeOf(element, 'class'))).not.toContain('stop-band')
    expect(fits).not.toContain('stops here')
  })

  test('no target at all is a page too', () => expect(parseHtml(pageOf()).faults).toEqual([]))

  test('what could not be looked at is told, and linked from the summary', () => {
    const report = new HtmlReport()
    const page = report.fail(failure) + report.add([live()]) + report.end(runOf({ targets: 2, failed: 1 }))
    expect(parseHtml(page).faults).toEqual([])
    expect(wordsOf(page)).toMatch(/CANNOT LOOK no such file/)
    expect(wordsOf(page)).toContain('not looked at: file-not-found')
  })
})

describe('many verdicts', () => {
  const other = nrf9160({
    id: 'nrf9160@1.3.6+ncs@2.7.0',
    layers: nrf9160().layers.map((layer, at) => (at === 0 ? { ...layer, version: '1.3.6' } : layer)),
  })

  test('devices of which the same is said are told once, and both are named', () => {
    const { elements } = parseHtml(pageOf([live(), live({ device: other })]))
    const articles = elements.filter(({ tagName }) => tagName === 'article')
    expect(articles).toHaveLength(1)
    expect(textOf(articles[0]!)).toContain('The same for 1 more device: nrf9160@1.3.6+ncs@2.7.0')
    expect(elements.map(textOf)).toContain('✗ nrf9160@1.3.7 and nrf9160@1.3.6 stop here')
  })

  test('devices that differ in one number are not', () => {
    const margins = live().margins.map((margin) => ({
      ...margin,
      limitValue: 4000,
      left: 4000 - margin.value,
    }))
    const { elements } = parseHtml(pageOf([live(), live({ device: other, margins })]))
    expect(elements.filter(({ tagName }) => tagName === 'article')).toHaveLength(2)
  })

  test('the summary has every target once, the blocked first, and what each device makes of it', () => {
    const fitting = (text: string) =>
      live({
        state: 'fits',
        observation: { ...live().observation, target: { ...live().observation.target, text } },
      })
    const { elements } = parseHtml(
      pageOf([fitting('https://b.example/')], [live(), live({ device: other, state: 'fits' })]),
    )
    const rows = elements
      .filter(({ tagName }) => tagName === 'table')
      .find((each) => attributeOf(each, 'class') === 'matrix')
    const text = textOf(rows!).replace(/\s+/g, ' ')
    expect(text).toMatch(/fw\.bin ?✗ blocked ✓ fits .*b\.example\/ ?✓ fits –/)
  })

  test('of one target and many devices the summary has a row a device, the blocked first', () => {
    const fleet = Array.from({ length: 9 }, (_, at) =>
      live({ device: nrf9160({ id: `device-${at}` }), state: at === 7 ? 'blocked' : 'fits' }),
    )
    const { elements } = parseHtml(pageOf(fleet))
    const heads = elements.filter(
      (element) => element.tagName === 'th' && attributeOf(element, 'scope') === 'row',
    )
    const devices = heads.map(textOf).filter((text) => text.startsWith('device-'))
    expect(devices).toEqual(['7', '0', '1', '2', '3', '4', '5', '6', '8'].map((at) => `device-${at}`))
  })

  test('what changed since the last run, and a threshold that is broken, stand with the summary', () => {
    const devices = ['nrf9160@1.3.7<b>']
    const margin = { limit: 'chainBytes', counts: 'sent', unit: 'bytes' } as const
    const comparison: Comparison = {
      ...{ plan: 'tlsfit.yaml', file: '.tlsfit/last.json', kind: 'baseline', first: false, written: false },
      changes: [
        { target, devices, kind: 'worse', from: 'fits', to: 'blocked', stage: 'chain' },
        { target, devices, kind: 'root', from: ['<i>'], to: ['B'] },
      ],
      failures: [
        {
          ...{ ...margin, target, device: devices[0]!, rule: 'shrink', left: 90, limitValue: 4096 },
          ...{ line: 3, before: 400, threshold: 200, percent: false },
        },
      ],
    }
    const report = new HtmlReport()
    const page = report.add([live()]) + report.end(runOf({ comparison }))
    expect(parseHtml(page).faults).toEqual([])
    expect(parseHtml(page).elements.map(({ tagName }) => tagName)).not.toContain('i')
    const words = wordsOf(page)
    expect(words).toContain(`${target}: worse fits → blocked at chain (nrf9160@1.3.7<b>)`)
    expect(words).toMatch(/threshold .*310 fewer than before \(400\); the plan allows 200 bytes/)
    expect(words).toContain('--update-baseline')
    expect(words.indexOf('1 threshold broken')).toBeLessThan(words.indexOf('1 blocked'))
  })

  test('of hundreds of targets each takes no more of the page than the first', () => {
    const report = new HtmlReport()
    const first = report.add([live()]).length
    let longest = 0
    for (let at = 1; at < 300; at += 1) longest = Math.max(longest, report.add([live()]).length)
    expect(longest).toBeLessThanOrEqual(first)
    const end = report.end(runOf({ targets: 300 }))
    expect(end.length).toBeLessThan(300 * 400)
  })
})

describe('hostile text', () => {
  const harmless = shapeOf(parseHtml(pageOf([hostile('x')])))

  test('adds no element and no attribute, in the page or in a picture', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom(
        ...[
          '</title><script>alert(1)</script>',
          '"><svg onload=alert(1)>',
          "' onclick='x",
          '<!--',
          ']]>',
          '</desc></svg><b>',
        ],
        ...['</style>', '&#60;b&#62;', '\u0000<b\u0000>', '</text><a href="javascript:x">', 'a`b'],
      ),
    )
    fc.assert(
      fc.property(nasty, (text) => {
        const parsed = parseHtml(pageOf([hostile(`x${text}`)]))
        expect(parsed.faults).toEqual([])
        // Longer words take more lines of a picture; those are the same kind of element.
        const isLine = (shape: string) => shape.startsWith('text ')
        const shapes = shapeOf(parsed)
        expect(shapes.filter((shape) => !isLine(shape))).toEqual(harmless.filter((shape) => !isLine(shape)))
        expect(harmless).toEqual(expect.arrayContaining(shapes.filter(isLine)))
      }),
      { numRuns: 60 },
    )
  })

  test('a name of a thousand letters without a space is cut in the picture and whole where it wraps', () => {
    const { elements } = parseHtml(pageOf([hostile('y'.repeat(1000))]))
    const drawn = elements.filter(({ tagName }) => tagName === 'text').map(textOf)
    expect(Math.max(...drawn.map((text) => text.length))).toBeLessThanOrEqual(60)
  })
})

/** The text in every place where a peer, a certificate, a profile or the user has a word. */
function hostile(text: string): Verdict {
  const observation = liveObservation(text, '192.0.2.1', {
    hello: { ...connection().hello!, sni: text },
    messages: liveObservation(target, '192.0.2.1').connections[0]!.messages.map((message) => ({
      ...message,
      name: text,
    })),
    exchanges: [exchange({ reason: text }, { path: text, method: text })],
    records: records(100),
  })
  const { findings } = azureVerdict()
  const deviceWords = { code: text, log: text, detail: undefined }
  const layers = nrf9160().layers.map((layer) => ({ ...layer, family: text }))
  return azureVerdict({
    observation,
    device: nrf9160({ id: text, layers, quirks: [{ value: text, source: text, confidence: 'inferred' }] }),
    findings: findings.map((each) => ({ ...each, deviceWords, host: text })),
    missing: [{ needs: 'anchor', why: text, about: text }],
    stage: 'http',
  })
}

function wordsOf(page: string): string {
  const { elements } = parseHtml(page)
  return textOf(elements.find(({ tagName }) => tagName === 'main')!).replace(/[ \n]+/g, ' ')
}
