import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hostileTexts, hostileVerdict } from '../../../test/support/hostile-verdict.ts'
import { runOf } from '../../../test/support/run-fixture.ts'
import { sarifFaults } from '../../../test/support/sarif-schema.ts'
import { azureVerdict, finding, liveObservation, nrf9160 } from '../../../test/support/verdict-fixture.ts'
import type { Details } from '../../finding/details.ts'
import type { Finding } from '../../finding/finding.ts'
import type { Outlook } from '../../judge/outlook.ts'
import type { Verdict } from '../../judge/verdict.ts'
import { formatRun, parseRun } from '../../plan/run-file.ts'
import type { RunRecord } from '../../plan/run-record.ts'
import { RunRecorder } from '../../plan/run-recorder.ts'
import { escapeText } from '../escape.ts'
import type { ReportOptions, RunSummary } from '../report.ts'
import { SarifReport } from './sarif-report.ts'

interface Result {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly kind: string
  readonly level: string
  readonly message: { readonly text: string }
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string }
      readonly region: { readonly startLine: number }
    }
    readonly logicalLocations: readonly { readonly name: string; readonly fullyQualifiedName: string }[]
  }[]
  readonly partialFingerprints: { readonly [name: string]: string }
}

const target = 'https://edge.microsoft.com/fw.bin'
const live = liveObservation(target, '192.0.2.1')
const tooLarge = azureVerdict().findings[0] as Finding
const near = finding(
  'limit-near',
  { limit: 'chainBytes', value: 4000, limitValue: 4096, left: 96 },
  { effect: 'risks' },
)
const note = finding('limit-near', { limit: 'chainBytes', value: 4000, limitValue: 4096, left: 96 })
const unsure = finding(
  'chain-size-undecided',
  { sentBytes: 5307, pathBytes: 2988, limitBytes: 4096, rows: [] },
  { effect: 'unknown' },
)

describe('the SARIF report', () => {
  test('a result is one finding, its level by what the finding does, its kind open where nothing is decided', () => {
    const blocked = azureVerdict({ findings: [tooLarge, near, note, unsure] })
    const open = azureVerdict({ state: 'undecided', stage: undefined, findings: [unsure, note] })
    expect(resultsOf([[blocked], [open]]).map(({ ruleId, kind, level }) => [ruleId, kind, level])).toEqual([
      ['chain-too-large', 'fail', 'error'],
      ['limit-near', 'fail', 'warning'],
      ['chain-size-undecided', 'open', 'none'],
    ])
  })

  test('the message names device and endpoint, and says what happens, with the best cure', () => {
    const [result] = resultsOf([[azureVerdict({ observation: live })]])
    expect(result!.message.text).toMatch(
      /^nrf9160@1\.3\.7\+ncs@2\.7\.0, https:\/\/edge.* at 192\.0\.2\.1: The server sends .*errno 111.* Fix: put a front/,
    )
  })

  test('an endpoint is a path under endpoints/, and itself as a logical location', () => {
    const [location] = resultsOf([[azureVerdict({ observation: live })]])[0]!.locations
    expect(location!.physicalLocation).toEqual({
      artifactLocation: { uri: 'endpoints/edge.microsoft.com:443' },
      region: { startLine: 1 },
    })
    expect(location!.logicalLocations).toMatchObject([
      { name: 'edge.microsoft.com:443', fullyQualifiedName: target },
    ])
  })

  test('the line of the firmware configuration comes before the line that names the endpoint', () => {
    const device = nrf9160({
      configuration: {
        ...{ file: 'fw/prj.conf', lines: { chainBytes: 17, sni: 3 } },
        ...{ id: undefined, stack: undefined, mfl: undefined },
      },
    })
    const place = { file: 'tlsfit.yaml', line: 4, name: undefined }
    const blocked = azureVerdict({ observation: live, device, place, findings: [tooLarge, near] })
    const sni = azureVerdict({
      ...{ observation: live, device },
      findings: [finding('sni-missing', { host: 'h', reason: 'not-set' }, { effect: 'blocks' })],
    })
    const other = azureVerdict({ observation: live, place })
    expect(placesOf([[blocked], [sni], [other]])).toEqual([
      'fw/prj.conf:17',
      'fw/prj.conf:17',
      'fw/prj.conf:3',
      'tlsfit.yaml:4',
    ])
  })

  test('files are named from the root of the repository, endpoints as before', () => {
    const place = { file: '../tlsfit.yaml', line: 4, name: undefined }
    const pathInRepository = (path: string) => `root/${path.replace('../', '')}`
    const urisOf = (verdict: Verdict) => {
      const report = new SarifReport({ pathInRepository })
      const { results } = JSON.parse(report.add([verdict]) + report.end(runOf())).runs[0]
      return results[0].locations[0].physicalLocation.artifactLocation.uri
    }
    expect(urisOf(azureVerdict({ observation: live, place }))).toBe('root/tlsfit.yaml')
    expect(urisOf(azureVerdict())).toBe('root/chain-edge.pem')
    expect(urisOf(azureVerdict({ observation: live }))).toBe('endpoints/edge.microsoft.com:443')
  })

  test('paths are URIs, whatever they hold', () => {
    const uris = ['a b/ü#1.pem', '/abs/x.pem', 'c:\\x.pem', 'odd:name.pem', '../up.pem'].map((text) => {
      const observation = azureVerdict().observation
      const named = { ...observation, target: { ...observation.target, text } }
      return resultsOf([[azureVerdict({ observation: named })]])[0]!.locations[0]!.physicalLocation
        .artifactLocation.uri
    })
    expect(uris).toEqual([
      'a%20b/%C3%BC%231.pem',
      'file:///abs/x.pem',
      'file:///c:/x.pem',
      './odd:name.pem',
      '../up.pem',
    ])
  })

  test('a fingerprint stays with other versions, addresses, numbers and orders, and changes with what it is about', () => {
    const later = nrf9160({
      id: 'nrf9160@1.4.0',
      layers: nrf9160().layers.map((each) => ({ ...each, version: '9' })),
    })
    const grown = { ...tooLarge, details: { ...tooLarge.details, sentBytes: 6000 } } as Finding
    const again = azureVerdict({
      ...{ observation: liveObservation(target, '198.51.100.7'), device: later, findings: [near, grown] },
    })
    const first = printsOf([[azureVerdict({ observation: live, findings: [tooLarge, near] })]])
    expect([...printsOf([[again]])].reverse()).toEqual(first)
    const others = [
      azureVerdict({ observation: live, findings: [unsure], state: 'undecided' }),
      azureVerdict({ observation: { ...live, target: { ...live.target, port: 8443 } } }),
      azureVerdict({ observation: live, device: nrf9160({ layers: nrf9160().layers.slice(0, 1) }) }),
      azureVerdict({ observation: live, findings: [{ ...tooLarge, host: 'cdn.example.com' }] }),
    ].flatMap((verdict) => printsOf([[verdict]]))
    expect(new Set([...first, ...others]).size).toBe(first.length + others.length)
  })

  test('the same finding at two addresses is one result, of two versions two that GitHub tells apart', () => {
    const verdicts = [
      azureVerdict({ observation: live }),
      azureVerdict({ observation: liveObservation(target, '192.0.2.2'), margins: [] }),
    ]
    expect(resultsOf([verdicts])).toHaveLength(1)
    const versions = [azureVerdict(), azureVerdict({ device: nrf9160({ id: 'nrf9160@1.3.1' }) })]
    const prints = resultsOf([versions]).map(({ partialFingerprints }) => partialFingerprints)
    expect(new Set(prints.map((each) => each['tlsfit/v1'])).size).toBe(1)
    expect(new Set(prints.map((each) => each.primaryLocationLineHash)).size).toBe(2)
  })

  test('rules are those that results name, with the page of the finding as help', () => {
    const pages = new Map([['chain-too-large', '# chain-too-large: x\n\nFirst\nparagraph.\n\n## More\n']])
    const run = runIn([[azureVerdict({ findings: [near, tooLarge] })]], { findingPages: () => pages })
    const { rules } = run.tool.driver
    expect(rules.map(({ id }: { id: string }) => id)).toEqual(['limit-near', 'chain-too-large'])
    expect(rules[1]).toMatchObject({
      shortDescription: { text: 'The certificate chain is too large.' },
      fullDescription: { text: 'First paragraph.' },
      help: { markdown: pages.get('chain-too-large') },
    })
    expect(run.results.map(({ ruleIndex }: Result) => ruleIndex)).toEqual([0, 1])
  })

  test('the invocation tells the exit code and times, and what could not be looked at', () => {
    const report = new SarifReport({})
    report.add([azureVerdict({ state: 'undecided', stage: undefined, findings: [] })])
    report.fail({
      target: 'a.pem',
      code: 'file-unreadable',
      message: 'no such file',
      hint: undefined,
      at: undefined,
    })
    const [invocation] = read(report.end(runOf({ exitCode: 65, failed: 1 }))).invocations
    expect(invocation).toMatchObject({
      startTimeUtc: '2026-06-01T00:00:00.000Z',
      endTimeUtc: '2026-06-01T00:00:01.200Z',
      exitCode: 65,
      executionSuccessful: false,
    })
    expect(
      invocation.toolExecutionNotifications.map((each: { message: { text: string } }) => each.message.text),
    ).toEqual(['whether nrf9160@1.3.7+ncs@2.7.0 reaches chain-edge.pem is not known', 'a.pem: no such file'])
  })

  test('what GitHub would refuse is left out, what blocks last, and that is said', () => {
    const report = new SarifReport({}, { all: 10, lesser: 6 })
    let text = ''
    for (let count = 0; count < 7; count++) text += report.add([azureVerdict({ findings: [near] })])
    for (let count = 0; count < 6; count++) text += report.add([azureVerdict()])
    const run = read(text + report.end(runOf()))
    expect(run.results.map(({ level }: Result) => level)).toEqual([
      ...Array(6).fill('warning'),
      ...Array(4).fill('error'),
    ])
    expect(run.invocations[0].toolExecutionNotifications[0].message.text).toMatch(
      /^3 more results are left out/,
    )
  })

  describe('of a plan', () => {
    const place = { file: 'tlsfit.yaml', line: 4, name: 'fota' }
    const planned = (more: Partial<Verdict> = {}) => azureVerdict({ observation: live, place, ...more })
    const recorded = (...verdicts: readonly Verdict[]): RunRecord => {
      const recorder = new RunRecorder()
      recorder.add(verdicts)
      return parseRun(formatRun(recorder.seen.record), 'last-run.json')
    }
    const statesIn = (lastRun: RunRecord | undefined, ...verdicts: readonly Verdict[]) =>
      runIn([verdicts], { lastRun }).results.map(
        (one: Result & { baselineState?: string }) => one.baselineState,
      )
    const grown = finding(
      'chain-too-large',
      { ...(tooLarge.details as Details['chain-too-large']), sentBytes: 6_000, overBytes: 1_904 },
      { effect: 'blocks' },
    )

    test('a result is new, unchanged or updated beside the last run', () => {
      const before = recorded(planned())
      expect(statesIn(before, planned())).toEqual(['unchanged'])
      expect(statesIn(before, planned({ findings: [grown, near] }))).toEqual(['updated', 'new'])
      expect(statesIn(before, planned({ findings: [{ ...tooLarge, effect: 'risks' }] }))).toEqual(['updated'])
      const other = planned({ place: { ...place, name: 'another' } })
      expect(statesIn(before, other)).toEqual(['new'])
    })

    test('without a last run, of one without findings, and of what was not reached, nothing is said of a change', () => {
      expect(statesIn(undefined, planned())).toEqual([undefined])
      const [row] = recorded(planned()).targets
      const old = { targets: [{ ...row!, devices: row!.devices.map(({ findings, ...rest }) => rest) }] }
      expect(statesIn(old, planned())).toEqual([undefined])
      const missing = [{ needs: 'reachable-from-here', why: 'x', about: undefined }] as const
      const unreached = planned({ state: 'undecided', findings: [unsure], missing })
      expect(statesIn(recorded(planned()), unreached)).toEqual([undefined])
    })

    test('what is gone is a notification, and no result that would open an alert', () => {
      const lastRun = recorded(planned({ findings: [tooLarge, near] }))
      const notesOf = (given: Partial<RunSummary>, verdict: Verdict) =>
        runIn([[verdict]], { lastRun }, given).invocations[0].toolExecutionNotifications
      const [note, ...more] = notesOf({}, planned())
      expect(more).toEqual([])
      expect(note).toMatchObject({ level: 'note' })
      expect(note.message.text).toMatch(/, fota: no more, of the last run: /)
      expect(notesOf({ interrupted: true }, planned())).toEqual([])
    })
  })

  test('a change to come that stops a device is a warning of its own rule, with its date', () => {
    const [blocked, risky, same, cap] = [
      outlook({}),
      outlook({ id: 'later', state: 'at-risk', findings: [near] }),
      outlook({ id: 'same', asToday: true }),
      outlook({ id: 'cap', state: undefined }),
    ]
    const verdict = azureVerdict({
      ...{ observation: live, state: 'fits', findings: [] },
      outlook: [blocked!, risky!, same!, cap!],
    })
    const { results, tool } = runIn([[verdict, verdict]])
    expect(results.map(({ ruleId, kind, level }: Result) => [ruleId, kind, level])).toEqual([
      ['forecast', 'fail', 'warning'],
      ['forecast', 'fail', 'note'],
    ])
    expect(results[0].message.text).toMatch(
      /^https:\/\/edge.*from 13 May 2026: a new root.* blocked for nrf9160/,
    )
    expect(results[0].properties).toMatchObject({
      ...{ change: 'new-root', date: '2026-05-13', from: '2026-05-13T00:00:00.000Z', state: 'blocked' },
      findings: ['chain-too-large'],
      sources: ['https://ca.example/'],
    })
    expect(tool.driver.rules).toMatchObject([{ id: 'forecast' }])
    const prints = results.map(({ partialFingerprints }: Result) => partialFingerprints['tlsfit/v1'])
    expect(new Set(prints).size).toBe(2)
  })

  test('hostile names come out whole, make no link and name no argument', () => {
    fc.assert(
      fc.property(hostileTexts, (texts) => {
        const [result] = resultsOf([[hostileVerdict(texts)]])
        const { text } = result!.message
        expect(text).not.toMatch(/\]\(/)
        expect(text.replaceAll('{{', '').replaceAll('}}', '')).not.toMatch(/[{}]/)
        const read = text.replaceAll('{{', '{').replaceAll('}}', '}')
        for (const each of [texts.target, texts.device, texts.subject, texts.code]) {
          expect(read).toContain(escapeText(each).replaceAll('](', '] ('))
        }
        expect(result!.locations[0]!.logicalLocations[0]!.fullyQualifiedName).toBe(escapeText(texts.target))
      }),
      { numRuns: 120 },
    )
  })
})

function outlook(more: Partial<Outlook>): Outlook {
  return {
    ...{ kind: 'chain', id: 'new-root', candidate: undefined, host: undefined, timing: 'ahead' },
    change: {
      ...{ id: 'new-root', title: 'a new root', change: 'A new root.', owner: 'CA', services: [] },
      ...{ date: '2026-05-13', dateKind: 'exact', status: 'announced', confidence: 'high' },
      sources: ['https://ca.example/'],
    } as unknown as Outlook['change'],
    from: new Date('2026-05-13T00:00:00Z'),
    ...{ state: 'blocked', leans: undefined, stage: 'chain', findings: [tooLarge], asToday: false },
    ...{ margins: [], before: undefined, after: undefined, assumed: [], needs: [], avoidedBy: [] },
    ...{ lifetime: undefined, postQuantum: undefined },
    ...more,
  } as Outlook
}

function placesOf(added: readonly (readonly Verdict[])[]): string[] {
  return runIn(added).results.map(({ locations: [location] }: Result) => {
    const { artifactLocation, region } = location!.physicalLocation
    return `${artifactLocation.uri}:${region.startLine}`
  })
}

function printsOf(added: readonly (readonly Verdict[])[]): string[] {
  return resultsOf(added).map(({ partialFingerprints }) => partialFingerprints['tlsfit/v1']!)
}

function resultsOf(added: readonly (readonly Verdict[])[]): readonly Result[] {
  return runIn(added).results
}

function runIn(
  added: readonly (readonly Verdict[])[],
  options: Partial<ReportOptions> = {},
  given: Partial<RunSummary> = {},
) {
  const report = new SarifReport(options)
  return read(added.map((verdicts) => report.add(verdicts)).join('') + report.end(runOf(given)))
}

/** The one run of a log that its schema takes. */
function read(text: string) {
  const log = JSON.parse(text)
  expect(sarifFaults(log)).toEqual([])
  expect(log.runs).toHaveLength(1)
  return log.runs[0]
}
