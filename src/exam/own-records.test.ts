import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { examine } from '../../test/support/examine.ts'
import { type ModelDevice, modelHello } from '../../test/support/model-device.ts'
import type { ClientOffer } from '../tls/client-offer.ts'
import type { Exam } from './exam.ts'
import { ownMeans, takesOwnRecords } from './own-records.ts'
import { plainServing, withChain } from './serving-of.ts'
import { chainFound } from './topics/chain.ts'
import { dataRecordSearch } from './topics/data-record.ts'
import { fragmentsFound } from './topics/fragments.ts'
import { untoldOf } from './untold.ts'

const asking: ClientOffer = {
  ...modelHello,
  extensions: [...modelHello.extensions, { kind: 'max_fragment_length', bytes: 1024 }],
}
const hello13: ClientOffer = {
  ...modelHello,
  cipherSuites: [0x1301],
  extensions: [
    ...modelHello.extensions,
    { kind: 'supported_versions', versions: [0x0304] },
    { kind: 'raw', code: 51, data: Uint8Array.from([0, 0]) },
  ],
}
const only13: ModelDevice = { only13: true, hello: hello13 }

const enginesOf = (exam: Exam, topic: 'chain' | 'data-record' | 'keys') =>
  new Set(exam.of(topic).map(({ probe }) => probe.serving.engine))

describe('records of our own', () => {
  test('are not asked of a device that sets no size in TLS 1.2', () => {
    const exam = examine({})
    expect(exam.of('own-records')).toEqual([])
    expect(enginesOf(exam, 'chain')).toEqual(new Set(['openssl']))
  })

  test('tell the records of a device that asks for small ones to the byte', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1200, max: 16_383 }), (limit) => {
        const exam = examine({ hello: asking, dataRecord: limit })
        expect(exam.of('own-records')).toHaveLength(1)
        expect(dataRecordSearch(exam)?.found).toMatchObject({ passes: limit, fails: limit + 1, exact: true })
        expect(enginesOf(exam, 'keys')).toEqual(new Set(['openssl']))
        expect(exam.answers.length).toBeLessThanOrEqual(80)
      }),
      { numRuns: 20 },
    )
  })

  test('tell of TLS 1.3 what OpenSSL seals: whether messages are joined, cut and counted by the record', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2600, max: 16_000 }), (record) => {
        const exam = examine({ ...only13, record })
        expect(chainFound(exam)).toMatchObject({
          counts: 'record',
          // Counted as TLS 1.2 does: the message of 1.3 has five bytes more.
          message: { passes: record - 5, fails: record - 4, exact: true },
          joinsRecords: true,
        })
        expect(fragmentsFound(exam)).toEqual({ cut: true, merged: true })
        expect(exam.answers.length).toBeLessThanOrEqual(80)
      }),
      { numRuns: 20 },
    )
    expect(chainFound(examine({ ...only13, message: 4096, joins: false }))).toMatchObject({
      counts: 'message',
      message: { passes: 4091 },
      joinsRecords: false,
    })
    expect(fragmentsFound(examine({ ...only13, merged: false }))).toMatchObject({ merged: false })
  })

  test('where a device does not take them, nothing is concluded from them, and it is said why', () => {
    const small = examine({ hello: asking, dataRecord: 4096, refusesOwn: true })
    expect(takesOwnRecords(small)).toBe('fails')
    expect(dataRecordSearch(small)?.found.fails).toBeUndefined()
    expect(untoldOf(small)).toContainEqual(
      expect.objectContaining({ what: 'data-record', why: 'kept-small' }),
    )
    const sealed = examine({ ...only13, record: 4096, refusesOwn: true })
    expect(chainFound(sealed)).toMatchObject({ message: { passes: 4091 }, joinsRecords: undefined })
    expect(fragmentsFound(sealed)).toEqual({ cut: undefined, merged: undefined })
    expect(untoldOf(sealed)).toContainEqual(
      expect.objectContaining({ what: 'merged-messages', why: 'sealed' }),
    )
  })

  test('are not for a hello that offers nothing that they go with', () => {
    const other = { ...asking, cipherSuites: [0x009e] } // DHE
    const exam = examine({ hello: other, dataRecord: 4096 })
    expect(exam.of('own-records')).toEqual([])
    expect(takesOwnRecords(exam)).toBeUndefined()
  })

  test('are not for what they do not do', () => {
    expect(ownMeans({ ...plainServing, resumption: true })).toBeUndefined()
    expect(ownMeans({ ...plainServing, disturbance: { kind: 'renegotiation' } })).toBeUndefined()
    expect(ownMeans({ ...plainServing, suites: 'AES128-SHA' })).toBeUndefined()
    expect(ownMeans({ ...plainServing, suites: 'kRSA', group: 'secp384r1' })).toMatchObject({
      onlyRsaKeyExchange: true,
      groups: [0x0018],
    })
    expect(ownMeans(withChain(plainServing, { key: 'p521' }))).toMatchObject({
      leafKey: 'ecdsa',
      leafCurve: 'secp521r1',
    })
  })
})
