import { describe, expect, test } from 'vitest'
import {
  attempt,
  chainOf,
  connection,
  dial,
  negotiated,
  records,
  refused,
} from '../../test/support/judge-observations.ts'
import { realChain } from '../../test/support/real-certificates.ts'
import { chainBody, chainDigest } from './chain-digest.ts'
import { snapshotOf } from './snapshot-of.ts'

const at = new Date('2026-12-01T00:00:00Z')
const azure = realChain('chain-edge-microsoft-com-g2')
const amazon = realChain('chain-aws-s3-eu-west-1')

function lookup(...addresses: readonly string[]) {
  const found = addresses.map((address) => ({ address, family: 4 as const }))
  return { host: 'host.example', addresses: found, cnames: [], errorCode: undefined, durationMs: 1 }
}

describe('a snapshot', () => {
  test('holds the chain with its names, sizes and dates', () => {
    const seen = dial([connection({ chain: chainOf(azure), records: records(900, [1_400, 3]) })])
    const snapshot = snapshotOf([{ plan: 'a', observations: [seen] }], at)
    const bytes = azure.reduce((sum, { der }) => sum + der.length, 0)
    expect(snapshot).toMatchObject({
      at: '2026-12-01T00:00:00.000Z',
      addresses: ['192.0.2.1'],
      views: [{ plan: 'a', versions: ['TLSv1.2'], dataRecordBytes: 1_400 }],
      chains: [
        {
          bytes,
          count: azure.length,
          certificates: [{ role: 'leaf' }, { role: 'intermediate' }, { role: 'intermediate' }],
        },
      ],
    })
    expect(snapshot?.views[0]?.handshakeRecordBytes).toBe(snapshot?.chains[0]?.messageBytes)
    expect(snapshot?.chains[0]?.root).toMatch(/Root/)
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot)
  })

  test('is the same whichever address and hello comes first', () => {
    const one = dial([connection({ chain: chainOf(azure) })])
    const other = dial([connection({ chain: chainOf(amazon), negotiated: negotiated(0x0304, 0x1301) })])
    const plans = [
      { plan: 'a', observations: [one, other] },
      { plan: 'b', observations: [other] },
    ]
    const turned = [
      { plan: 'b', observations: [other] },
      { plan: 'a', observations: [other, one] },
    ]
    expect(snapshotOf(turned, at)).toEqual(snapshotOf(plans, at))
    expect(snapshotOf(plans, at)?.views[0]?.chains).toHaveLength(2)
  })

  test('a round that reached nothing is none', () => {
    const unreached = dial([], { tcp: [attempt({ outcome: 'timeout' })] })
    const silent = dial([connection({ negotiated: undefined, establishedAtMs: undefined })])
    expect(snapshotOf([{ plan: 'a', observations: [unreached, silent] }], at)).toBeUndefined()
    expect(snapshotOf([], at)).toBeUndefined()
  })

  test('a hello that got no answer is left out where another got one; one that was refused is not', () => {
    const plans = [
      { plan: 'a', observations: [dial([])] },
      { plan: 'b', observations: [dial([connection({ chain: chainOf(azure) })])] },
      { plan: 'c', observations: [dial([refused(40)])] },
    ]
    expect(snapshotOf(plans, at)?.views.map(({ plan, chains }) => [plan, chains.length])).toEqual([
      ['b', 1],
      ['c', 0],
    ])
  })

  test('has the addresses that the name led to, not those that answered in this round', () => {
    const seen = dial([connection()], { lookup: lookup('192.0.2.2', '192.0.2.1') })
    expect(snapshotOf([{ plan: 'a', observations: [seen] }], at)?.addresses).toEqual([
      '192.0.2.1',
      '192.0.2.2',
    ])
  })

  test('leaves out what a redirect led to', () => {
    const seen = dial([
      connection({ chain: chainOf(azure) }),
      connection({ role: 'redirect', chain: chainOf(amazon), records: records(9_000) }),
    ])
    const [view] = snapshotOf([{ plan: 'a', observations: [seen] }], at)?.views ?? []
    expect(view).toMatchObject({ chains: [chainDigest(azure.map(({ der }) => der))] })
    expect(view?.dataRecordBytes).toBeUndefined()
  })

  test('a chain whose certificates cannot be read still has its size', () => {
    const chain = {
      certificates: [new Uint8Array([1, 2, 3])],
      messageBytes: 13,
      records: 1,
      largestRecordBytes: 13,
    }
    const snapshot = snapshotOf([{ plan: 'a', observations: [dial([connection({ chain })])] }], at)
    expect(snapshot?.chains).toMatchObject([{ bytes: 3, count: 1, certificates: [], issuer: '', root: '' }])
  })

  test('the digest of a chain goes by its bytes, their bounds and their order', () => {
    const [a, b] = [new Uint8Array([1, 2]), new Uint8Array([3])]
    expect([...chainBody([a, b])]).toEqual([0, 0, 0, 2, 1, 2, 0, 0, 0, 1, 3])
    expect(chainDigest([a, b])).not.toBe(chainDigest([b, a]))
    expect(chainDigest([a, b])).not.toBe(chainDigest([new Uint8Array([1, 2, 3])]))
  })
})
