import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type HostileTexts, hostileTexts, hostileVerdict } from '../../../test/support/hostile-verdict.ts'
import { junitFaults } from '../../../test/support/junit-rules.ts'
import { runOf } from '../../../test/support/run-fixture.ts'
import { azureVerdict, finding, liveObservation, nrf9160 } from '../../../test/support/verdict-fixture.ts'
import { parseXml, type XmlElement } from '../../../test/support/xml-tree.ts'
import type { Verdict } from '../../judge/verdict.ts'
import { escapeText } from '../escape.ts'
import type { RunSummary } from '../report.ts'
import { JUnitReport } from './junit-report.ts'

const target = 'https://edge.microsoft.com/fw.bin'
const fits = azureVerdict({ state: 'fits', stage: undefined, findings: [] })
const atRisk = azureVerdict({
  ...{ state: 'at-risk', stage: undefined },
  findings: [
    finding('limit-near', { limit: 'chainBytes', value: 4000, limitValue: 4096, left: 96 } as never, {
      effect: 'risks',
    }),
  ],
})
const open = azureVerdict({
  ...{ state: 'undecided', stage: undefined, findings: [] },
  missing: [{ needs: 'measured-limit', why: 'the limit is not known', about: 'chainBytes' }],
})

describe('the JUnit report', () => {
  test('a suite is a device, a case an endpoint, and the counts come first', () => {
    const other = azureVerdict({
      device: nrf9160({ id: 'esp-idf@5.2' }),
      state: 'fits',
      stage: undefined,
      findings: [],
    })
    const root = rootOf([
      [azureVerdict(), other],
      [fits, other],
    ])
    expect(root.children.map(({ attributes }) => attributes)).toMatchObject([
      { name: 'nrf9160@1.3.7+ncs@2.7.0', tests: '2', failures: '1', errors: '0' },
      { name: 'esp-idf@5.2', tests: '2', failures: '0', errors: '0' },
    ])
    expect(root.attributes).toMatchObject({ tests: '4', failures: '1', errors: '0', time: '1.200' })
    expect(casesOf(root).map(({ attributes }) => attributes.classname)).toContain('tlsfit.esp-idf@5_2')
  })

  test('a pass says which stages were not seen', () => {
    const [output] = casesOf(rootOf([[fits]]))[0]!.children
    expect(output).toMatchObject({ name: 'system-out', text: expect.stringContaining('not seen: http') })
  })

  test('blocked is a failure with the finding, its sentence and the whole account', () => {
    const [failure] = casesOf(rootOf([[azureVerdict()]]))[0]!.children
    expect(failure).toMatchObject({ name: 'failure', attributes: { type: 'chain-too-large' } })
    expect(failure!.attributes.message).toMatch(/5,753 bytes of DER.*errno 111/)
    expect(failure!.text).toMatch(/cannot take the chain in chain-edge\.pem {2}\(chain\)/)
    expect(failure!.text).toMatch(/limit: certificate chain: 4,096.*devzone 114031/)
    expect(failure!.text).toMatch(/\nfix: put a front .*\n {4}/)
    expect(failure!.text).toMatch(/\nor: server: serve a shorter chain/)
  })

  test('the lines of a fix stand in the first case of a suite, and what was found in each', () => {
    const device = nrf9160({ id: 'esp-idf@5.2' })
    const at = (url: string, more: Partial<Verdict> = {}) =>
      azureVerdict({ observation: liveObservation(url, '192.0.2.1'), ...more })
    const other = 'https://other.example/fw.bin'
    const root = rootOf([[at(target)], [at(other)], [at(target, { device })]])
    const [first, second, elsewhere] = casesOf(root).map((each) => each.children[0]!.text)
    expect(second!.length).toBeLessThan(0.8 * first!.length)
    expect(second).toContain(`(its lines: as in the case ${target})`)
    expect(second).not.toMatch(/\n {4}listeners:/)
    for (const text of [first, second, elsewhere]) {
      expect(text).toMatch(/5,753 bytes of DER.*errno 111/)
      expect(text).toMatch(/limit: certificate chain: 4,096.*devzone 114031/)
    }
    expect(first).toMatch(/\n {4}listeners:/)
    expect(elsewhere).toMatch(/\n {4}listeners:/)
  })

  test('undecided is an error that names the missing evidence, never green', () => {
    const [error] = casesOf(rootOf([[open]]))[0]!.children
    expect(error).toMatchObject({ name: 'error', attributes: { type: 'undecided' } })
    expect(error!.text).toMatch(/to know: let one nRF9160 modem connect to this very endpoint/)
  })

  test('at risk passes and says so, and fails a strict run', () => {
    const [passed] = casesOf(rootOf([[atRisk]]))
    expect(passed!.children.map(({ name }) => name)).toEqual(['system-out'])
    const [strict] = casesOf(rootOf([[atRisk]], { strict: true }))
    expect(strict!.children[0]).toMatchObject({ name: 'failure', attributes: { type: 'limit-near' } })
  })

  test('a target that could not be looked at, and a run that was broken off, are errors', () => {
    const report = new JUnitReport({ strict: false })
    report.fail({
      target: 'a.pem',
      code: 'file-unreadable',
      message: 'no such file',
      hint: 'look',
      at: undefined,
    })
    const root = read(report.end(runOf({ failed: 1, interrupted: true })))
    expect(casesOf(root).map((each) => [each.attributes.name, each.children[0]?.attributes.type])).toEqual([
      ['a.pem', 'file-unreadable'],
      ['run', 'interrupted'],
    ])
  })

  test('addresses that differ are cases of their own, those that agree are one', () => {
    const at = (address: string, more: Partial<Verdict> = {}) =>
      azureVerdict({ observation: liveObservation(target, address), ...more })
    const same = casesOf(rootOf([[at('192.0.2.1'), at('192.0.2.2')]]))
    expect(same.map(({ attributes }) => attributes.name)).toEqual([target])
    const differing = casesOf(rootOf([[at('192.0.2.1'), at('192.0.2.2', { state: 'fits', findings: [] })]]))
    expect(differing.map(({ attributes }) => attributes.name)).toEqual([
      `${target} at 192.0.2.1`,
      `${target} at 192.0.2.2`,
    ])
  })

  test('the time of a case is that of its connections', () => {
    const [one] = casesOf(rootOf([[azureVerdict({ observation: liveObservation(target, '192.0.2.1') })]]))
    expect(one!.attributes.time).toBe('0.063')
  })

  test('a run without verdicts is a document, too', () => {
    expect(read(new JUnitReport({ strict: false }).end(runOf()))).toMatchObject({
      name: 'testsuites',
      children: [],
    })
  })

  test('hostile names come out whole, and add no element', () => {
    const plain = skeleton(hostileRoot(plainTexts, 'blocked'))
    fc.assert(
      fc.property(hostileTexts, fc.constantFrom('blocked' as const, 'undecided' as const), (texts, state) => {
        const root = hostileRoot(texts, state)
        expect(skeleton(root)).toEqual(state === 'blocked' ? plain : skeleton(hostileRoot(plainTexts, state)))
        const [suite] = root.children
        const [only] = casesOf(root)
        expect(suite!.attributes.name).toBe(escapeText(texts.device))
        expect(only!.attributes.name).toBe(escapeText(texts.target))
        expect(only!.children[0]!.text).toContain(escapeText(texts.source))
        expect(only!.children[0]!.attributes.message).toContain(escapeText(texts.subject))
      }),
      { numRuns: 120 },
    )
  })
})

const plainTexts: HostileTexts = {
  ...{ target: 'h', host: 'h', subject: 'h', device: 'h', source: 'h', code: 'h', log: 'h', why: 'h' },
}

function hostileRoot(texts: HostileTexts, state: 'blocked' | 'undecided'): XmlElement {
  return rootOf([[hostileVerdict(texts, state)]])
}

function rootOf(
  added: readonly (readonly Verdict[])[],
  given: Partial<RunSummary> & { strict?: boolean } = {},
): XmlElement {
  const report = new JUnitReport({ strict: given.strict ?? false })
  return read(added.map((verdicts) => report.add(verdicts)).join('') + report.end(runOf(given)))
}

function read(xml: string): XmlElement {
  expect(junitFaults(xml)).toEqual([])
  return parseXml(xml)
}

function casesOf(root: XmlElement): XmlElement[] {
  return root.children.flatMap((suite) => suite.children.filter(({ name }) => name === 'testcase'))
}

/** Names of the elements alone. */
function skeleton({ name, children }: XmlElement): unknown {
  return [name, children.map(skeleton)]
}
