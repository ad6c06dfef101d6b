import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type HostileTexts, hostileTexts, hostileVerdict } from '../../../test/support/hostile-verdict.ts'
import { proseOf, renderMarkdown, tagsOf, textOf } from '../../../test/support/markdown-tree.ts'
import { runOf } from '../../../test/support/run-fixture.ts'
import { azureVerdict, liveObservation } from '../../../test/support/verdict-fixture.ts'
import type { Verdict } from '../../judge/verdict.ts'
import { escapeText } from '../escape.ts'
import type { RunSummary } from '../report.ts'
import { codeBlock } from './markdown-pieces.ts'
import { MarkdownReport, maxCharacters } from './markdown-report.ts'

const fits = azureVerdict({ state: 'fits', stage: undefined, findings: [] })
const open = azureVerdict({
  ...{ state: 'undecided', stage: undefined, findings: [], leans: 'fits' },
  missing: [{ needs: 'anchor', why: 'no anchor was given', about: undefined }],
})

describe('the markdown report', () => {
  const text = reportOf([[fits], [azureVerdict()], [open]], {
    ...{ targets: 3, states: { fits: 1, 'at-risk': 0, blocked: 1, undecided: 1 } },
  })
  const lines = text.split('\n')

  test('starts with one line that sums up', () => {
    expect(lines[0]).toBe(
      '**tlsfit check: 1 blocked, 1 undecided, 1 fits (3 targets, 2026-06-01 00:00 UTC, tlsfit 0.0.0)**',
    )
  })

  test('then a table, the worst first', () => {
    expect(lines.slice(2, 7)).toEqual([
      '| target | device | verdict | stage | cause | room left |',
      '|---|---|---|---|---|---|',
      '| `chain-edge.pem` | `nrf9160@1.3.7+ncs@2.7.0` | **blocked** | chain | the certificate chain is too large | certificate chain: 5,753 of 4,096 bytes, 1,657 over |',
      expect.stringContaining('**undecided, leans to fits**'),
      expect.stringContaining('| chain fits |'),
    ])
  })

  test('a section tells what happens, the limit with its source, and the cures by place with their lines', () => {
    const section = text.slice(text.indexOf('### Blocked'), text.indexOf('### Undecided'))
    expect(section).toMatch(/5,753 bytes of DER.*errno 111/)
    expect(section).toMatch(/\*\*Limit:\*\* certificate chain: 4,096.*devzone 114031/)
    expect(section).toMatch(/\*\*Fix on a server of yours\*\*\n\n1\. Put a front/)
    expect(section).toMatch(/\n {3}```text\n {3}listeners:/)
    expect(section).toMatch(/\*\*Fix by the owner of the endpoint\*\*\n\n1\. .*\n\n {3}> Our devices/)
    expect(section).toMatch(/<details><summary>Numbers, and where each limit comes from<\/summary>\n\n\|/)
    expect(text).not.toContain('### Fits')
  })

  test('the places where the reader can act come first', () => {
    const report = new MarkdownReport({ can: ['firmware'] })
    report.add([azureVerdict()])
    expect(report.end(runOf()).match(/^\*\*Fix .*\*\*$/gm)?.[0]).toBe('**Fix in firmware not yet shipped**')
  })

  test('a section of what is undecided tells how to know', () => {
    const section = text.slice(text.indexOf('### Undecided'))
    expect(section).toMatch(
      /1\. Say which root the device holds.*\n\n {3}```text\n {3}tlsfit check .*--anchor/,
    )
  })

  test('a target that could not be looked at has a row, and no run is silent of being broken off', () => {
    const report = new MarkdownReport({})
    report.fail({
      target: 'a|b.pem',
      code: 'file-unreadable',
      message: 'no such file',
      hint: 'look',
      at: undefined,
    })
    const broken = report.end(runOf({ failed: 1, interrupted: true, resumed: 2, targets: 3 }))
    expect(broken).toMatch(/broken off: not all that was asked for/)
    expect(textOf(renderMarkdown(broken))).toMatch(/a\|b\.pem\s+not looked at\s+no such file \(look\)/)
  })

  test('it stays under what GitHub takes, keeps the worst, and says what it left out', () => {
    const verdicts = Array.from({ length: 400 }, (_, index) => {
      const observation = {
        ...fits.observation,
        target: { ...fits.observation.target, text: `${index}.pem` },
      }
      return index % 2 === 0 ? { ...fits, observation } : azureVerdict({ observation })
    })
    const long = reportOf(verdicts.map((verdict) => [verdict]))
    expect(long.length).toBeLessThanOrEqual(maxCharacters)
    const [, rows, sections] = /_Left out, .*: (\d+) rows and (\d+) sections\./.exec(long) ?? []
    expect(long.match(/^\| `/gm)).toHaveLength(400 - Number(rows))
    expect(long.match(/^### /gm)).toHaveLength(200 - Number(sections))
    expect(long).not.toMatch(/\| fits \|/)
  })

  test('a verdict that is told at length leaves out its last parts, and says so', () => {
    const missing = Array.from({ length: 80 }, () => open.missing[0]!)
    const long = reportOf([[{ ...open, missing, findings: azureVerdict().findings }]])
    expect(long).toMatch(/Parts left out for length: \d/)
    expect(long.length).toBeLessThanOrEqual(maxCharacters)
  })

  test('addresses that differ are rows of their own', () => {
    const at = (address: string, state: Verdict['state']) =>
      azureVerdict({ observation: liveObservation('https://h.example/', address), state })
    const two = reportOf([[at('192.0.2.1', 'blocked'), at('192.0.2.2', 'at-risk')]])
    expect(textOf(renderMarkdown(two))).toMatch(/https:\/\/h\.example\/ at 192\.0\.2\.1\n/)
    const same = reportOf([[at('192.0.2.1', 'blocked'), at('192.0.2.2', 'blocked')]])
    expect(same).toContain('| `https://h.example/` |')
  })

  test('a run without verdicts says so', () => {
    const none = new MarkdownReport({}).end(
      runOf({ states: { fits: 0, 'at-risk': 0, blocked: 0, undecided: 0 } }),
    )
    expect(none).toMatch(/^\*\*tlsfit check: nothing was looked at/)
  })

  test('hostile names come out whole, add no element and mention nobody', () => {
    for (const state of ['blocked', 'at-risk', 'undecided'] as const) {
      const plain = tagsOf(renderMarkdown(reportOf([[hostileVerdict(plainTexts, state)]])))
      fc.assert(
        fc.property(hostileTexts, (given) => {
          // No host name ever: a line of a zone file stands only where there is one.
          // An address in a source is a link on purpose: markdown-pieces.test.ts.
          const source = given.source.replaceAll('https:', 'http:')
          const texts = { ...given, host: `${given.host} h`, source }
          const tree = renderMarkdown(reportOf([[hostileVerdict(texts, state)]]))
          expect(tagsOf(tree)).toEqual(plain)
          const shown = textOf(tree)
          for (const each of [texts.target, texts.device, texts.subject, texts.source, texts.code]) {
            expect(shown).toContain(escapeText(each))
          }
          // It begins a sentence, and so with a capital.
          if (state === 'undecided') expect(shown).toContain(escapeText(texts.why).slice(1))
          expect(proseOf(tree).join('\n')).not.toMatch(/@\w|#\d|\bGH-\d|https?:\/\/|www\./i)
        }),
        { numRuns: 25 },
      )
    }
  })
})

describe('codeBlock', () => {
  test('nothing within ends it', () => {
    expect(codeBlock(['a', '````', '~~~\n```'])).toBe('`````text\na\n````\n~~~\\n```\n`````')
  })
})

const plainTexts: HostileTexts = {
  ...{ target: 'h', host: 'h h', subject: 'h', device: 'h', source: 'h', code: 'h', log: 'h', why: 'h' },
}

function reportOf(added: readonly (readonly Verdict[])[], given: Partial<RunSummary> = {}): string {
  const report = new MarkdownReport({})
  return added.map((verdicts) => report.add(verdicts)).join('') + report.end(runOf(given))
}
