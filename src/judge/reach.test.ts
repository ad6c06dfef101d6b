import { describe, expect, test } from 'vitest'
import {
  attempt,
  chainOf,
  connection,
  dial,
  found,
  idsOf,
  judged,
} from '../../test/support/judge-observations.ts'
import { small } from '../../test/support/small-pki.ts'

const lookup = { host: 'host.example', addresses: [], cnames: [], errorCode: undefined, durationMs: 4 }

describe('dns', () => {
  test('a name that is not resolved from here leaves the verdict undecided: the device has another resolver', () => {
    const verdict = judged(dial([], { tcp: [], lookup: { ...lookup, errorCode: 'ENOTFOUND' } }))
    expect(verdict).toMatchObject({ state: 'undecided', stage: undefined })
    expect(found(verdict, 'dns-failed')).toMatchObject({ effect: 'unknown', cause: 'dns-failure' })
    expect(verdict.missing.map(({ needs }) => needs)).toContain('reachable-from-here')
    expect(verdict.missing.map(({ needs }) => needs)).not.toContain('live-endpoint')
    expect(verdict.stages.find(({ stage }) => stage === 'chain')).toEqual({
      ...{ stage: 'chain', state: 'not-seen', basis: 'not-seen' },
    })
  })

  test('aliases on the way are told and decide nothing', () => {
    const addresses = [{ address: '192.0.2.1', family: 4 as const }]
    const cnames = ['table.db6prdstr07a.store.core.windows.net']
    const verdict = judged(dial([connection()], { lookup: { ...lookup, addresses, cnames } }))
    expect(found(verdict, 'cname-irrelevant')).toMatchObject({ effect: 'info', details: { cnames } })
  })
})

describe('tcp', () => {
  const refused = attempt({ outcome: 'refused', errorCode: 'ECONNREFUSED', durationMs: 1 })

  test('a closed port is unknown, not blocked: this machine is not the device', () => {
    const verdict = judged(dial([], { tcp: [refused] }))
    expect(verdict.state).toBe('undecided')
    expect(verdict.findings[0]).toMatchObject({ id: 'tcp-refused', effect: 'unknown', cause: 'tcp-refused' })
  })

  test('a port that answers on ::1 but not on the IPv4 literal listens on one family only', () => {
    const other = attempt({ address: '::1', family: 6, purpose: 'contrast' })
    const verdict = judged(dial([], { tcp: [{ ...refused, address: '127.0.0.1' }, other] }))
    expect(verdict.findings[0]).toMatchObject({
      id: 'other-family-only',
      effect: 'unknown',
      details: { address: '127.0.0.1', port: 443, answersOn: '::1' },
      fixes: [{ id: 'listen-ipv4' }, { id: 'open-port' }],
    })
    expect(verdict.state).toBe('undecided')
  })

  test.each([
    ['timeout', 'tcp-timeout'],
    ['unreachable', 'tcp-failed'],
    ['reset', 'tcp-failed'],
  ] as const)('%s is %s', (outcome, id) => {
    expect(idsOf(judged(dial([], { tcp: [attempt({ outcome, errorCode: 'ECODE' })] })))).toContain(id)
  })

  test('another chain at another address is told, and is a risk where it is heavier', () => {
    const chain = chainOf([small({ name: 'host.example' })])
    const elsewhere = (chainBytes: number) => [
      { address: '192.0.2.2', outcome: 'connected' as const, chainSha256: ['ab'], chainBytes },
    ]
    const seen = (chainBytes: number) =>
      judged(dial([connection({ chain })], { otherAddresses: elsewhere(chainBytes) }))
    expect(found(seen(100), 'addresses-differ')).toMatchObject({
      effect: 'info',
      details: { addresses: ['192.0.2.1', '192.0.2.2'], differing: ['192.0.2.2'] },
    })
    expect(found(seen(9000), 'addresses-differ')).toMatchObject({ effect: 'risks' })
  })
})
