import { describe, expect, test } from 'vitest'
import { topicIds } from '../../src/exam/topic.ts'
import { certificatesFound } from '../../src/exam/topics/certificates.ts'
import { chainFound } from '../../src/exam/topics/chain.ts'
import { buildOf, type ClientArgs } from '../clients/clients.ts'
import { measureBuild } from '../support/measure-client.ts'

/** Until its certificates are measured. */
const wanted = topicIds.slice(0, topicIds.indexOf('redirect'))
const measure = (name: string, more: Partial<ClientArgs>) => measureBuild(name, more, wanted)

describe('what a limit counts, on stacks whose source says it', () => {
  test.skipIf(buildOf('gnutls') === undefined)(
    'GnuTLS counts all handshake messages of both sides, lib/handshake.c CHECK_SIZE',
    async () => {
      const found = chainFound(await measure('gnutls', { buffer: 6000 }))
      expect(found).toMatchObject({ counts: 'handshake', handshake: { passes: 6000, fails: 6001 } })
    },
    60_000,
  )

  test.skipIf(buildOf('gnutls') === undefined)(
    'and in TLS 1.3 as well, where the Finished are longer',
    async () => {
      const exam = await measure('gnutls', { buffer: 6001, minVersion: '1.3', maxVersion: '1.3' })
      expect(chainFound(exam)).toMatchObject({
        counts: 'handshake',
        handshake: { passes: 6001, fails: 6002 },
      })
    },
    120_000,
  )

  test.skipIf(buildOf('wolfssl') === undefined)(
    'wolfSSL takes 18,462 bytes behind the header and nine certificates, internal.h MAX_CERTIFICATE_SZ and MAX_CHAIN_DEPTH',
    async () => {
      const exam = await measure('wolfssl', {})
      expect(chainFound(exam)).toMatchObject({
        counts: 'message',
        message: { passes: 18_466, fails: 18_467 },
      })
      expect(certificatesFound(exam)).toMatchObject({
        certificates: { passes: 9, fails: 10, exact: true },
        counts: 'sent',
      })
    },
    60_000,
  )
})
