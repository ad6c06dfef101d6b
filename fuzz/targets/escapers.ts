import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5'
import { Gauge, Registry } from 'prom-client'
import { badgeOf, badgeSvg } from '../../src/api/badge.ts'
import { parseMetrics } from '../../src/api/views/prometheus-text.ts'
import { escapeDeep, escapeText, shellWord } from '../../src/report/escape.ts'
import { escapeHtml } from '../../src/report/escape-html.ts'
import { escapeMarkdown, markdownCode } from '../../src/report/escape-markdown.ts'
import { escapeXml, escapeXmlLines } from '../../src/report/junit/escape-xml.ts'
import { linkMarks, markdownMarks, markupMarks } from '../../test/support/hostile-marks.ts'
import { proseOf, renderMarkdown, tagsOf, textOf } from '../../test/support/markdown-tree.ts'
import { parseXml } from '../../test/support/xml-tree.ts'
import { type FuzzTarget, must } from '../fuzz-target.ts'
import { hostileWords } from '../mutate-text.ts'
import { seedText } from '../seed-files.ts'
import { about } from './decode.ts'

/** A writer of foreign text, given any text, lone surrogates among it. */
function escaper(
  name: string,
  shortCases: number,
  run: (text: string) => string | Promise<string>,
): FuzzTarget {
  return {
    name,
    shortCases,
    open: () => ({
      seeds: seedText(
        'nginx',
        'CN = *.example.com, O = A & B <c>',
        'a b',
        ...hostileWords,
        hostileWords.join(' '),
        'x'.repeat(250),
      ),
      words: marks,
      text: true,
      maxBytes: 1_200,
      // Most of it is the parser that reads it back.
      maxMs: 800,
      run: (input) => run(textFrom(input)),
    }),
  }
}

/** Every other input as UTF-16, where halves of pairs are found. */
function textFrom(input: Uint8Array): string {
  const bytes = Buffer.from(input.subarray(1))
  return (input[0] ?? 0) % 4 === 0 ? bytes.toString('utf16le') : bytes.toString('utf8')
}

const marks = [...markupMarks, ...markdownMarks, ...linkMarks]

/** What may never reach a terminal: orders to it, what reorders, hides or breaks lines, halves of pairs. */
const forbidden =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]|[\u{e0000}-\u{e007f}]/u

const terminal = escaper('escape-text', 6_000, (text) => {
  const shown = escapeText(text)
  must(!forbidden.test(shown), 'nothing that orders, hides or reorders comes out')
  must(shown.length <= 200, 'what comes out is bounded')
  must(escapeText(shown) === shown, 'escaping twice changes nothing')
  must(/^[ -~]*$/.test(escapeText(text, { ascii: true })), 'with ascii nothing beyond it comes out')
  must(
    !/::(?:warning|error|notice|set-output)\b|##vso\[|##\[/i.test(shown),
    'no order to a CI runner comes out',
  )
  const deep = escapeDeep({ a: [text] })
  must(deep.a[0] === shown, 'deep is the same')
  return `${about(shown.length)} ${shown === text} ${/\\u\{/.test(shown)} ${/\\x/.test(shown)}`
})

const html = escaper('escape-html', 3_000, (text) => {
  const shown = escapeText(text)
  const faults: string[] = []
  const page = `<p title="${escapeHtml(text)}" class='${escapeHtml(text)}'>${escapeHtml(text)}</p>`
  const fragment = parseFragment(page, { onParseError: ({ code }) => faults.push(code) })
  must(faults.length === 0, 'a page with it has no fault')
  const [p, ...more] = fragment.childNodes as DefaultTreeAdapterTypes.Element[]
  must(p !== undefined && more.length === 0 && p.attrs.length === 2, 'no element and no attribute is added')
  must(
    p.attrs.every(({ value }) => value === shown),
    'an attribute reads as what a terminal shows',
  )
  must(
    p.childNodes.every(({ nodeName }) => nodeName === '#text'),
    'what is within is text',
  )
  must(
    p.childNodes.map((node) => ('value' in node ? node.value : '')).join('') === shown,
    'and reads the same',
  )
  return `${about(shown.length)} ${(text.match(/[<>&"'`]/g) ?? []).slice(0, 4).join('')}`
})

const markdown = escaper('escape-markdown', 400, (text) => {
  const shown = escapeText(text)
  for (const [name, page] of Object.entries({
    line: escapeMarkdown(text),
    within: `x ${escapeMarkdown(text)} y`,
    item: `- ${escapeMarkdown(text)}`,
    heading: `# ${escapeMarkdown(text)}`,
    code: `x ${markdownCode(text)} y`,
  })) {
    const tree = renderMarkdown(page)
    const plain = name === 'code' ? codeTags(shown) : (benign[name] ?? [])
    const tags = tagsOf(tree).filter((tag) => shown !== '' || tag.startsWith('never'))
    must(shown === '' || tags.join() === plain.join(), `${name}: no element is added`)
    must(
      !/@\w|#\d|GH-\d|:\/\/|www\./i.test(proseOf(tree).join('\n')),
      `${name}: nobody is mentioned, nothing linked`,
    )
    // Markdown takes the blanks at the ends of a line.
    must(textOf(tree).includes(shown.trim()), `${name}: it reads as what a terminal shows`)
  }
  return `${about(shown.length)} ${(text.match(/[<>&"'`*_[\]|~#@$\\]/g) ?? []).slice(0, 3).join('')}`
})

const benign: Readonly<Record<string, readonly string[]>> = {
  line: ['p []'],
  within: ['p []'],
  item: ['ul []', 'li []'],
  heading: ['h1 []'],
}

function codeTags(shown: string): readonly string[] {
  return shown === '' ? ['p []'] : ['p []', 'code []']
}

const xml = escaper('escape-xml', 3_000, (text) => {
  const shown = escapeText(text)
  const element = parseXml(`<x a="${escapeXml(text)}">${escapeXml(text)}</x>`)
  must(element.attributes.a === shown && element.text === shown, 'a parser reads back what a terminal shows')
  must(element.children.length === 0, 'no element is added')
  parseXml(`<x>${escapeXmlLines(text)}</x>`)
  return `${about(shown.length)} ${(text.match(/[<>&"']/g) ?? []).slice(0, 4).join('')}`
})

const shell = escaper('shell-word', 6_000, (text) => {
  const word = shellWord(text)
  if (word.startsWith("'")) {
    const pieces = word.slice(1, -1).split(`'\\''`)
    must(word.endsWith("'") && pieces.every((piece) => !piece.includes("'")), 'a quoted word ends at its end')
  } else must(/^[\w.:/@%+=,-]+$/.test(word), 'a bare word holds nothing that a shell reads')
  must(!/[\n\r\0]/.test(word), 'a word is one line')
  return `${word.startsWith("'")} ${about(word.length)}`
})

const badge = escaper('badge-svg', 2_000, (text) => {
  const svg = badgeSvg(badgeOf(text, undefined))
  const root = parseXml(svg)
  must(root.name === 'svg' && root.children.length === 4, 'a badge is the picture that it is')
  const names = (element: typeof root): string[] => [element.name, ...element.children.flatMap(names)]
  const known = new Set(['svg', 'title', 'clipPath', 'rect', 'g', 'text'])
  must(
    names(root).every((name) => known.has(name)),
    'nothing active is in it',
  )
  return `${about(svg.length)} ${(text.match(/[<>&"']/g) ?? []).slice(0, 4).join('')}`
})

const metrics = escaper('prometheus-text', 400, async (text) => {
  const registry = new Registry()
  const gauge = new Gauge({
    name: 'tlsfit_fits',
    help: 'h',
    labelNames: ['endpoint', 'device'],
    registers: [registry],
  })
  gauge.set({ endpoint: text, device: 'd' }, 1)
  const samples = parseMetrics(await registry.metrics())
  const long = text.length > 4_000
  must(
    long || (samples.length === 1 && samples[0]?.labels.get('endpoint') === text),
    'a label reads back as it was',
  )
  return `${about(text.length)} ${(text.match(/[\\"\n\r]/g) ?? []).slice(0, 4).join('')}`
})

const read: FuzzTarget = {
  name: 'prometheus-read',
  shortCases: 4_000,
  open: () => ({
    seeds: seedText(
      '# HELP a b\n# TYPE a gauge\na{b="c",d="\\"\\\\\\n"} 1\na 2 1700000000\nb{} +Inf\nc NaN\n',
    ),
    words: ['{', '}', '="', '",', '\\"', '\\n', ' 1\n', 'tlsfit_x', ',', '1e400', '-0', '# '],
    text: true,
    maxBytes: 12_000,
    maxMs: 60,
    run(input) {
      const samples = parseMetrics(Buffer.from(input).toString())
      must(
        samples.every(({ value }) => Number.isFinite(value)),
        'values are numbers',
      )
      return `${about(samples.length)} ${samples[0]?.labels.size}`
    },
  }),
}

export const escapers: readonly FuzzTarget[] = [terminal, html, markdown, xml, shell, badge, metrics, read]
