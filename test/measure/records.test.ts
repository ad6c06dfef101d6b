import { describe, expect, test } from 'vitest'
import { takesOwnRecords } from '../../src/exam/own-records.ts'
import { topicIds } from '../../src/exam/topic.ts'
import { chainFound } from '../../src/exam/topics/chain.ts'
import { dataRecordSearch } from '../../src/exam/topics/data-record.ts'
import { fragmentsFound } from '../../src/exam/topics/fragments.ts'
import { buildOf, type ClientArgs } from '../clients/clients.ts'
import { measureBuild } from '../support/measure-client.ts'

const wanted = topicIds.slice(0, topicIds.indexOf('redirect'))
const only13 = { minVersion: '1.3', maxVersion: '1.3' } as const
const MOST = { passes: 16_384, fails: undefined }

interface Row {
  readonly client: string
  readonly args: Partial<ClientArgs>
  /** Certificate message by the bytes of TLS 1.2; that of 1.3 has five more. */
  readonly chain: { readonly passes: number; readonly counts: string | undefined; readonly joins: boolean }
  readonly data: { readonly passes: number; readonly fails: number | undefined }
}

/**
 * Each build has its figure from its header in test/clients/configs, or from its source: the same whatever size of records
 * it asks for, since a server need not know that wish.
 */
const rows: readonly Row[] = [
  {
    client: 'mbedtls-2.28-in-4096',
    args: { mfl: 4096 },
    chain: { passes: 4096, counts: 'message', joins: false },
    data: { passes: 4096, fails: 4097 },
  },
  {
    client: 'mbedtls-2.28-in-4096',
    args: { mfl: 1024 },
    chain: { passes: 4096, counts: 'message', joins: false },
    data: { passes: 4096, fails: 4097 },
  },
  {
    client: 'mbedtls-3.6-in-4096',
    args: { mfl: 2048, maxVersion: '1.2' },
    chain: { passes: 4096, counts: 'record', joins: true },
    data: { passes: 4096, fails: 4097 },
  },
  {
    client: 'mbedtls-3.6-in-4096',
    args: only13,
    chain: { passes: 4096 - 5, counts: 'record', joins: true },
    data: { passes: 4096, fails: 4097 },
  },
  {
    // internal.h MAX_CERTIFICATE_SZ and the header.
    client: 'wolfssl',
    args: { mfl: 1024 },
    chain: { passes: 18_462 + 4, counts: 'message', joins: true },
    data: MOST,
  },
  {
    // SSL_CTX_set_max_cert_list counts the body.
    client: 'openssl',
    args: { ...only13, buffer: 5000 },
    chain: { passes: 5000 + 4 - 5, counts: 'message', joins: true },
    data: MOST,
  },
]

describe.each(rows)('$client that asks with $args', ({ client, args, chain, data }) => {
  test.skipIf(buildOf(client) === undefined)(
    'has its records and its Certificate message measured to the byte',
    async () => {
      const exam = await measureBuild(client, args, wanted)
      expect(takesOwnRecords(exam)).toBe('passes')
      expect(chainFound(exam)).toMatchObject({
        counts: chain.counts,
        message: { passes: chain.passes, fails: chain.passes + 1, exact: true },
        joinsRecords: chain.joins,
      })
      expect(dataRecordSearch(exam)?.found).toMatchObject({ ...data, exact: true })
      expect(fragmentsFound(exam).merged).toBe(true)
      expect(exam.answers.length).toBeLessThanOrEqual(80)
    },
    60_000,
  )
})
