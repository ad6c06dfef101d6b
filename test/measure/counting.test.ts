import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Exam } from '../../src/exam/exam.ts'
import type { Answer } from '../../src/exam/topic.ts'
import { certificatesFound } from '../../src/exam/topics/certificates.ts'
import { chainFound } from '../../src/exam/topics/chain.ts'
import { basicConstraints } from '../../src/issue/certificate-extensions.ts'
import { type IssuedCertificate, issueCertificate } from '../../src/issue/issue-certificate.ts'
import { MeasuringKeys } from '../../src/measure/measuring-keys.ts'
import { MeasuringServer } from '../../src/measure/measuring-server.ts'
import { buildOf, runClient } from '../clients/clients.ts'

const keys = new MeasuringKeys()
const folder = mkdtempSync(join(tmpdir(), 'counting-'))
const anchors = join(folder, 'ca.pem')
let ca: IssuedCertificate
const servers: MeasuringServer[] = []

beforeAll(async () => {
  ca = issueCertificate({
    subject: [['CN', 'test CA']],
    key: await keys.take('rsa-2048', 'root'),
    issuer: undefined,
    hash: 'sha256',
    notBefore: new Date(0),
    notAfter: new Date(Date.now() + 1e10),
    serialBytes: 16,
    keyIds: false,
    seed: 'root',
    extensions: [basicConstraints(true)],
  })
  writeFileSync(anchors, ca.pem)
})
afterAll(() => Promise.all(servers.map((server) => server.close())))

/** The client comes again and again, until its certificates are measured. */
async function measure(name: string, more: { buffer?: number }): Promise<Exam> {
  let exam = new Exam([])
  const server = new MeasuringServer({
    testCa: ca,
    keys,
    host: 'fw.example',
    holdMs: 100,
    helloTimeoutMs: 5000,
    now: () => new Date(),
    earlier: new Map<string, readonly Answer[]>(),
    hosts: ['127.0.0.1'],
    port: 0,
    events: {
      asked: () => {},
      answered: (_device, _answer, now) => {
        exam = now
      },
      stray: () => {},
      failed: (error) => {
        throw error
      },
    },
  })
  servers.push(server)
  const { port } = await server.open()
  const wanted = new Set(['baseline', 'verification', 'chain', 'data-record', 'fragments', 'certificates'])
  for (let next = exam.next(); next !== undefined && wanted.has(next.topic); next = exam.next())
    await runClient(name, { port, sni: 'fw.example', anchors, request: 'GET /', ...more })
  return exam
}

describe('what a limit counts, on stacks whose source says it', () => {
  test.skipIf(buildOf('gnutls') === undefined)(
    'GnuTLS counts all handshake messages of both sides, lib/handshake.c CHECK_SIZE',
    async () => {
      const found = chainFound(await measure('gnutls', { buffer: 6000 }))
      expect(found).toMatchObject({ counts: 'handshake', handshake: { passes: 6000, fails: 6001 } })
    },
    60_000,
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
