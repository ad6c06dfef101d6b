import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Exam } from '../../src/exam/exam.ts'
import { chainFound } from '../../src/exam/topics/chain.ts'
import { dataRecordFound, responseHeadFound } from '../../src/exam/topics/data-record.ts'
import { checkFound, checkIds } from '../../src/exam/topics/verification.ts'
import { basicConstraints } from '../../src/issue/certificate-extensions.ts'
import { issueCertificate } from '../../src/issue/issue-certificate.ts'
import { MeasuringKeys } from '../../src/measure/measuring-keys.ts'
import { MeasuringServer } from '../../src/measure/measuring-server.ts'
import { runClient } from '../clients/clients.ts'

test.each([
  ['mbedtls-2.28-in-4096', {}],
  ['bearssl', { buffer: 3325 }],
  ['openssl', { buffer: 5000 }],
  ['gnutls', { buffer: 6000 }],
  ['wolfssl', {}],
] as const)('%s', { timeout: 120_000 }, async (name, more) => {
  const keys = new MeasuringKeys()
  const ca = issueCertificate({
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
  const folder = mkdtempSync(join(tmpdir(), 'measure-'))
  writeFileSync(join(folder, 'ca.pem'), ca.pem)
  const log: string[] = []
  let last: Exam | undefined
  const server = new MeasuringServer({
    testCa: ca,
    keys,
    host: 'fw.example',
    holdMs: 150,
    handshakeTimeoutMs: 3000,
    now: () => new Date(),
    earlier: new Map(),
    hosts: ['127.0.0.1'],
    port: 0,
    events: {
      asked: () => {},
      answered: (_d, { probe, outcome }, exam) => {
        last = exam
        log.push(`${probe.topic} ${probe.key} ${outcome.reached} ${outcome.end} ${outcome.alerts}`)
      },
      stray: (_a, w) => log.push(`stray ${w}`),
    },
  })
  const { port } = await server.open()
  const began = Date.now()
  for (let i = 0; i < 90; i++) {
    const got = await runClient(
      name as never,
      { port, sni: 'fw.example', anchors: join(folder, 'ca.pem'), request: 'GET /', ...more } as never,
    )
    if (i < 3) log.push(JSON.stringify(got))
    if (last !== undefined && last.next() === undefined) break
  }
  await server.close()
  console.log(name, Date.now() - began, 'ms', last?.answers.length)
  console.log(log.join('\n'))
  console.log(
    JSON.stringify(
      { chain: chainFound(last!), record: dataRecordFound(last!), head: responseHeadFound(last!) },
      null,
      1,
    ),
  )
  console.log(checkIds.map((id) => `${id}: ${checkFound(last!, id)}`).join(', '))
  expect(last).toBeDefined()
})
