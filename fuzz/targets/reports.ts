import { openReport } from '../../src/cli/open-report.ts'
import type { ReportFormat } from '../../src/report/report.ts'
import { type HostileTexts, hostileVerdict } from '../../test/support/hostile-verdict.ts'
import { junitFaults } from '../../test/support/junit-rules.ts'
import { renderMarkdown, tagsOf } from '../../test/support/markdown-tree.ts'
import { parseHtml, shapeOf } from '../../test/support/parsed-html.ts'
import { runOf } from '../../test/support/run-fixture.ts'
import { sarifFaults } from '../../test/support/sarif-schema.ts'
import { type FuzzTarget, must } from '../fuzz-target.ts'
import { hostileWords } from '../mutate-text.ts'
import { seedText } from '../seed-files.ts'

const PART = '\u001f'
const names = ['target', 'host', 'subject', 'device', 'source', 'code', 'log', 'why'] as const
const usual = [
  'https://a.example/fw',
  'a.example',
  'CN = root',
  'nrf9160@1.3.7',
  'a source',
  '111',
  'errno 111',
  'no anchor',
]

/** A whole report of one verdict, each foreign text in its place. */
function reportTarget(format: ReportFormat, check: (report: string) => string): FuzzTarget {
  return {
    name: `report-${format}`,
    shortCases: 40,
    open: () => ({
      seeds: seedText(
        usual.join(PART),
        ...hostileWords.slice(0, 40).map((word) => usual.map((text) => text + word).join(PART)),
      ),
      words: [...hostileWords, PART],
      text: true,
      maxBytes: 2_000,
      maxMs: 800,
      async run(input) {
        const given = Buffer.from(input).toString().split(PART)
        const texts = Object.fromEntries(
          names.map((name, index) => [name, given[index] ?? usual[index]!]),
        ) as unknown as HostileTexts
        const report = await openReport(format, { color: false, columns: 80, ascii: false, strict: false })
        const text =
          report.add([hostileVerdict({ ...texts, target: `h${texts.target}` })]) + report.end(runOf())
        must(
          !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]/.test(text),
          'nothing that orders, hides or reorders comes out',
        )
        return check(text)
      },
    }),
  }
}

const active = /^(?:script|iframe|object|embed|form|input|link|meta|base|img|video|audio|foreignobject)\b/i

export const reports: readonly FuzzTarget[] = [
  reportTarget('text', (text) => `${text.length >> 7}`),
  reportTarget('json', (text) => `${Object.keys(JSON.parse(text)).length}`),
  reportTarget(
    'jsonl',
    (text) =>
      `${
        text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)).length
      }`,
  ),
  reportTarget('junit', (text) => {
    must(junitFaults(text).length === 0, `JUnit's rules hold: ${junitFaults(text)[0]}`)
    return `${text.length >> 7}`
  }),
  reportTarget('sarif', (text) => {
    const faults = sarifFaults(JSON.parse(text))
    must(faults.length === 0, `SARIF's schema holds: ${faults[0]}`)
    return `${text.length >> 7}`
  }),
  reportTarget('markdown', (text) => {
    const tags = tagsOf(renderMarkdown(text))
    must(!tags.some((tag) => active.test(tag) || /"name":"on/.test(tag)), 'nothing active is in it')
    const links = tags.filter((tag) => /^a /.test(tag))
    must(!links.some((tag) => /javascript:|data:/i.test(tag)), 'no link runs anything')
    return `${tags.length} ${links.length}`
  }),
  reportTarget('html', (text) => {
    const page = parseHtml(text)
    must(page.faults.length === 0, `the page parses: ${page.faults[0]}`)
    const shape = shapeOf(page).filter((element) => !/^(?:meta|style)\b/.test(element))
    must(!shape.some((element) => active.test(element)), 'nothing active is in it')
    must(!shape.some((element) => / on\w+/.test(element)), 'no attribute runs anything')
    return `${shape.length}`
  }),
]
