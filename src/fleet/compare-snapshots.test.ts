import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chainsToCome, compareSnapshot, type EndpointMemory } from './compare-snapshots.ts'
import type { ChainFacts, PlanView, Snapshot } from './snapshot.ts'
import type { SnapshotChange } from './snapshot-change.ts'

const HOUR = 3_600_000
const start = new Date('2026-12-01T00:00:00Z').getTime()

interface ChainSays {
  readonly leaf?: string
  readonly bytes?: number
  readonly issuer?: string
  readonly root?: string
  readonly above?: string
  readonly key?: string
  readonly notBefore?: string
}

function chain(says: ChainSays = {}): ChainFacts {
  const {
    leaf = 'one',
    bytes = 3_000,
    issuer = 'CA 1',
    root = 'Root 1',
    above = 'i1',
    key = 'RSA 2048',
  } = says
  const notBefore = says.notBefore ?? '2026-11-01T00:00:00.000Z'
  const dates = { notBefore, notAfter: '2027-02-01T00:00:00.000Z' }
  return {
    digest: [leaf, bytes, issuer, root, above].join(' '),
    ...{ bytes, messageBytes: bytes + 13, issuer, root, count: 2 },
    certificates: [
      { sha256: leaf, role: 'leaf', subject: 'host', issuer, key, bytes: bytes - 1_000, ...dates },
      { sha256: above, role: 'intermediate', subject: issuer, issuer: root, key, bytes: 1_000, ...dates },
    ],
  }
}

function view(chains: readonly ChainFacts[], rest: Partial<PlanView> = {}): PlanView {
  return {
    plan: 'a',
    chains: chains.map(({ digest }) => digest),
    versions: ['TLSv1.2'],
    cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
    handshakeRecordBytes: chains[0]?.messageBytes,
    dataRecordBytes: 1_400,
    ...rest,
  }
}

interface Look {
  readonly chains?: readonly ChainFacts[]
  readonly view?: Partial<PlanView>
  readonly views?: readonly PlanView[]
  readonly addresses?: readonly string[]
}

/** One round an hour, what is not met for a day is forgotten: the changes of each round after the first. */
function watch(...looks: readonly Look[]): {
  changes: (readonly SnapshotChange[])[]
  memory: EndpointMemory
} {
  let memory: EndpointMemory | undefined
  const changes: (readonly SnapshotChange[])[] = []
  for (const [at, look] of looks.entries()) {
    const chains = look.chains ?? [chain()]
    const snapshot: Snapshot = {
      at: new Date(start + at * HOUR).toISOString(),
      addresses: look.addresses ?? ['192.0.2.1'],
      views: look.views ?? [view(chains, look.view)],
      chains,
    }
    const compared = compareSnapshot(memory, snapshot, { rememberSeconds: 86_400 })
    if (at > 0) changes.push(compared.changes)
    memory = compared.memory
  }
  return { changes, memory: memory as EndpointMemory }
}

const changesOf = (...looks: readonly Look[]) => watch(...looks).changes
const kinds = (...looks: readonly Look[]) => changesOf(...looks).map((round) => round.map(({ kind }) => kind))
const renewed = chain({ leaf: 'two', notBefore: '2026-12-01T00:00:00.000Z' })

describe('changes of an endpoint', () => {
  test('a first look changes nothing, and what stays the same is the same memory', () => {
    const snapshot: Snapshot = {
      at: '2026-12-01T00:00:00.000Z',
      addresses: ['a'],
      views: [view([chain()])],
      chains: [chain()],
    }
    const first = compareSnapshot(undefined, snapshot, { rememberSeconds: 60 })
    expect(first.changes).toEqual([])
    const second = compareSnapshot(
      first.memory,
      { ...snapshot, at: '2026-12-02T00:00:00.000Z' },
      { rememberSeconds: 60 },
    )
    expect(second.changes).toEqual([])
    expect(second.memory).toBe(first.memory)
    expect(JSON.parse(JSON.stringify(first.memory))).toEqual(first.memory)
  })

  test('a newer leaf under the same CA is a renewal, told once', () => {
    expect(kinds({}, { chains: [renewed] }, { chains: [renewed] })).toEqual([['renewed'], []])
  })

  test('a heavier chain tells both sizes and the record that grew with it, in one change', () => {
    const heavy = chain({
      leaf: 'two',
      bytes: 4_465,
      above: 'i1 cross',
      notBefore: '2026-12-01T00:00:00.000Z',
    })
    const [[change, ...more] = []] = changesOf({}, { chains: [heavy] })
    expect(change).toMatchObject({
      kind: 'chain',
      differs: ['chain', 'leaf', 'size'],
      from: { bytes: 3_000, notBefore: '2026-11-01T00:00:00.000Z' },
      to: { bytes: 4_465 },
      recordFrom: 3_013,
      recordTo: 4_478,
    })
    expect(more).toEqual([])
  })

  test('another issuer, and another root, are told as that', () => {
    const issuer = chain({ leaf: 'two', issuer: 'CA 2', above: 'i2' })
    const root = chain({ leaf: 'three', issuer: 'CA 3', above: 'i3', root: 'Root 2' })
    expect(kinds({}, { chains: [issuer] }, { chains: [root] })).toEqual([['issuer'], ['root']])
  })

  test('an older leaf in its place is no renewal', () => {
    const older = chain({ leaf: 'zero', notBefore: '2026-10-01T00:00:00.000Z' })
    expect(kinds({}, { chains: [older] })).toEqual([['leaf']])
  })

  test('two chains by turns are told when the second comes and when the first comes back, and then no more', () => {
    const looks = Array.from({ length: 12 }, (_, at) => ({ chains: [at % 2 === 0 ? chain() : renewed] }))
    expect(kinds(...looks)).toEqual([['renewed'], ['by-turns'], ...Array.from({ length: 9 }, () => [])])
  })

  test('one chain for each of many machines falls silent; one that is heavier than all is told', () => {
    const edge = (at: number) => chain({ leaf: `edge ${at}`, bytes: 3_000 - at })
    const looks = Array.from({ length: 10 }, (_, at) => ({ chains: [edge(at)] }))
    expect(kinds(...looks).slice(4)).toEqual([[], [], [], [], []])
    const heavy = chain({ leaf: 'heavy', bytes: 4_500 })
    expect(kinds(...looks, { chains: [heavy] }).at(-1)).toEqual(['leaf'])
  })

  test('a renewal that reaches one address after the other is one change', () => {
    const both = { chains: [chain(), renewed] }
    expect(kinds({}, both, { chains: [renewed] }, { chains: [renewed] })).toEqual([['renewed'], [], []])
  })

  test('several hellos that meet the same new chain meet one change', () => {
    const views = (one: ChainFacts) => [view([one]), view([one], { plan: 'b' })]
    const first = { views: views(chain()), chains: [chain()] }
    expect(kinds(first, { views: views(renewed), chains: [renewed] })).toEqual([['renewed']])
  })

  test('a hello that was not sent before, and one that gets no answer, change nothing', () => {
    const ecdsa = chain({ leaf: 'ec', key: 'EC secp256r1' })
    const two = { views: [view([chain()]), view([ecdsa], { plan: 'b' })], chains: [chain(), ecdsa] }
    expect(kinds({}, two, {}, two)).toEqual([[], [], []])
  })

  test('an ECDSA chain is compared with the ECDSA chain of before', () => {
    const ecdsa = (leaf: string, bytes: number) =>
      chain({
        leaf,
        bytes,
        key: 'EC secp256r1',
        above: 'e1',
        notBefore: `2026-11-0${leaf.length}T00:00:00.000Z`,
      })
    const newEcdsa = ecdsa('ecec', 2_100)
    const newRsa = chain({ leaf: 'two', notBefore: '2026-12-01T00:00:00.000Z' })
    const before = { chains: [chain(), ecdsa('ec', 2_000)] }
    const [changes] = changesOf(before, { chains: [newRsa, newEcdsa] })
    expect(
      changes?.map((change) => 'from' in change && 'to' in change && [change.from, change.to]),
    ).toMatchObject([
      [{ bytes: 3_000 }, { bytes: 3_000 }],
      [{ bytes: 2_000 }, { bytes: 2_100 }],
    ])
  })

  test('a connection that shows no chain says nothing of it', () => {
    expect(kinds({}, { chains: [] }, {})).toEqual([[], []])
  })

  test('larger records are told with both sizes; sizes that go to and fro fall silent below the largest', () => {
    const data = (dataRecordBytes: number) => ({ view: { dataRecordBytes } })
    expect(changesOf(data(1_400), data(16_384))[0]).toMatchObject([
      { kind: 'record', of: 'data', bytesFrom: 1_400, bytesTo: 16_384 },
    ])
    const sizes = [9_000, 8_100, 8_900, 8_300, 8_700, 8_200, 8_600, 8_800].map(data)
    expect(kinds(...sizes).slice(4)).toEqual([[], [], []])
    expect(kinds(...sizes, data(9_500)).at(-1)).toEqual(['record'])
  })

  test('another version is one change, the suite that comes with it is none of its own', () => {
    const tls13 = { view: { versions: ['TLSv1.3'], cipherSuites: ['TLS_AES_128_GCM_SHA256'] } }
    const suite = { view: { cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'] } }
    expect(changesOf({}, tls13)[0]).toMatchObject([{ kind: 'version', from: ['TLSv1.2'], to: ['TLSv1.3'] }])
    expect(kinds({}, suite)).toEqual([['suite']])
  })

  test('addresses that come and go are told twice at most', () => {
    const at = (...addresses: string[]) => ({ addresses })
    const [[moved] = []] = changesOf(at('192.0.2.1', '192.0.2.2'), at('192.0.2.2', '192.0.2.3'))
    expect(moved).toMatchObject({ kind: 'addresses', added: ['192.0.2.3'], removed: ['192.0.2.1'] })
    const turns = [at('a', 'b'), at('a'), at('a', 'b'), at('b'), at('a', 'b'), at('a')]
    expect(kinds(...turns)).toEqual([['addresses'], ['by-turns'], [], [], []])
  })

  test('the key of a change is the same from every vantage point, whatever was seen before', () => {
    const [[here] = []] = changesOf({}, { chains: [renewed] })
    const [[there] = []] = changesOf({ chains: [chain({ leaf: 'other' })] }, { chains: [renewed] })
    expect(here?.key).toBe(there?.key)
  })

  test('a chain that went and came back will come again; one that was rolled back is a cure', () => {
    const rolledBack = [{}, { chains: [renewed] }, {}]
    const again = [...rolledBack, { chains: [renewed] }, {}]
    expect(chainsToCome(watch(...rolledBack).memory)).toEqual([])
    expect(chainsToCome(watch(...again).memory)).toEqual([renewed])
  })

  test('however few chains take turns, each is told at most once, and turning once', () => {
    const three = [chain(), renewed, chain({ leaf: 'three', issuer: 'CA 2' })]
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 2, maxLength: 20 }), (order) => {
        const told = kinds(...order.map((at) => ({ chains: [three[at] as ChainFacts] }))).flat()
        expect(told.filter((kind) => kind === 'by-turns').length).toBeLessThanOrEqual(1)
        expect(told.length).toBeLessThanOrEqual(3)
      }),
    )
  })
})
