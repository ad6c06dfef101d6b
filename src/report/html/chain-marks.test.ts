import { describe, expect, test } from 'vitest'
import { limit, modem, noLimits } from '../../../test/support/judge-devices.ts'
import { holding, judged, pemOf } from '../../../test/support/judge-observations.ts'
import { azureVerdict } from '../../../test/support/verdict-fixture.ts'
import type { Device } from '../../device/device.ts'
import type { Verdict } from '../../judge/verdict.ts'
import { readChain } from '../chain-reading.ts'
import { type ChainRow, readChainRows } from './chain-marks.ts'

function rowsOf(...verdicts: readonly Verdict[]): ChainRow[] {
  const chain = verdicts[0]!.observation.connections[0]!.chain!
  return readChainRows(verdicts, chain, readChain(verdicts, chain))
}

function azureFor(chainBytes: Device['limits']['chainBytes'], more: Partial<Device> = {}): Verdict {
  const device = modem({ limits: { ...noLimits, chainBytes }, evidence: [], ...more })
  const trust = holding('microsoft-tls-rsa-root-g2')
  return judged(pemOf('chain-edge-microsoft-com-g2', 'edge.microsoft.com'), { device, trust })
}

describe('the chain in each way of counting', () => {
  test('has the numbers of the margins', () => {
    for (const verdict of [azureVerdict(), azureFor(limit({ value: 4096, candidates: ['sent', 'path'] }))]) {
      const rows = rowsOf(verdict)
      for (const margin of verdict.margins.filter((each) => each.limit === 'chainBytes')) {
        const row = rows.find(({ counts }) => counts === margin.counts)
        expect(row?.bytes).toBe(margin.value)
        expect(row?.overBytes).toBe(Math.max(0, -margin.left))
        expect(row?.marks.some(({ kind, bytes }) => kind === 'figure' && bytes === margin.limitValue)).toBe(
          true,
        )
      }
    }
  })

  test('a limit whose way of counting is known stands at that way alone', () => {
    const rows = rowsOf(azureFor(limit({ value: 4096, counts: 'path' })))
    const figures = rows.filter(({ marks }) => marks.some(({ kind }) => kind === 'figure'))
    expect(figures.map(({ counts }) => counts)).toEqual(['path'])
    expect(figures[0]?.marks[0]).toMatchObject({ countsKnown: true, devices: ['test@1.0.0'] })
  })

  test('one whose way is not known stands at all that it may be, and says so', () => {
    const [sent] = rowsOf(azureFor(limit({ value: 4096, candidates: ['sent', 'path'] })))
    expect(sent?.marks[0]).toMatchObject({ counts: ['sent', 'path'], countsKnown: false })
  })

  test('what is known to pass and to fail stands at its own way of counting', () => {
    const rows = rowsOf(azureVerdict())
    const at = (counts: string, kind: string) =>
      rows.find((row) => row.counts === counts)?.marks.find((mark) => mark.kind === kind)?.bytes
    expect(at('sent', 'passes')).toBe(5307)
    expect(at('path', 'passes')).toBe(3640)
    expect(at('path', 'fails')).toBe(4330)
    expect(at('sent', 'fails')).toBeUndefined()
  })

  test('over the figure, yet known to pass, is not over', () => {
    const [sent] = rowsOf(azureFor(limit({ value: 4096, counts: 'sent', passes: { sent: 6000 } })))
    expect(sent).toMatchObject({ counts: 'sent', overBytes: 0, passes: true })
  })

  test('that one device passes does not excuse another', () => {
    const passing = azureFor(limit({ value: 4096, counts: 'sent', passes: { sent: 6000 } }))
    const strict = azureFor(limit({ value: 5000, counts: 'sent' }))
    expect(rowsOf(passing, strict)[0]).toMatchObject({ overBytes: 753, passes: false })
  })

  test('devices of one limit share its mark; letters run with the bytes', () => {
    const layers = [{ family: 'b', name: 'B', version: '2', range: 'any', defaulted: false }]
    const figure = limit({ value: 4096, counts: 'sent', fails: { sent: 9000 } })
    const [sent] = rowsOf(azureFor(figure), azureFor(figure, { id: 'b@2', layers }))
    expect(sent?.marks.map(({ letter, bytes, devices }) => [letter, bytes, devices])).toEqual([
      ['A', 4096, ['test@1.0.0', 'b@2']],
      ['B', 9000, ['test@1.0.0', 'b@2']],
    ])
  })

  test('a limit for each certificate is held against the largest', () => {
    const device = modem({
      limits: { ...noLimits, certificateBytes: limit({ value: 2000, counts: 'certificate' }) },
    })
    const verdict = judged(pemOf('chain-edge-microsoft-com-g2'), { device })
    const row = rowsOf(verdict).find(({ counts }) => counts === 'certificate')
    expect(row).toMatchObject({ bytes: 2352, overBytes: 352 })
  })
})
