import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Exam } from '../../src/exam/exam.ts'
import type { Answer, TopicId } from '../../src/exam/topic.ts'
import { basicConstraints } from '../../src/issue/certificate-extensions.ts'
import { issueCertificate } from '../../src/issue/issue-certificate.ts'
import { MeasuringKeys } from '../../src/measure/measuring-keys.ts'
import { MeasuringServer } from '../../src/measure/measuring-server.ts'
import { type ClientArgs, runClient } from '../clients/clients.ts'

const keys = new MeasuringKeys()

const rootKey = keys.take('rsa-2048', 'root')

/** The client comes again and again, as long as the next question is of one of these topics. */
export async function measureClient(
  name: string,
  args: Partial<ClientArgs>,
  wanted: ReadonlySet<TopicId>,
): Promise<Exam> {
  const ca = issueCertificate({
    subject: [['CN', 'test CA']],
    key: await rootKey,
    issuer: undefined,
    hash: 'sha256',
    notBefore: new Date(0),
    notAfter: new Date(Date.now() + 1e10),
    serialBytes: 16,
    keyIds: false,
    seed: 'root',
    extensions: [basicConstraints(true)],
  })
  const folder = mkdtempSync(join(tmpdir(), 'measure-client-'))
  const anchors = join(folder, 'ca.pem')
  writeFileSync(anchors, ca.pem)
  let exam = new Exam([])
  let failure: unknown
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
        failure = error
      },
    },
  })
  try {
    const { port } = await server.open()
    for (let next = exam.next(); next !== undefined && wanted.has(next.topic); next = exam.next()) {
      await runClient(name, { port, sni: 'fw.example', anchors, request: 'GET /', ...args })
      if (failure !== undefined) throw failure
    }
    return exam
  } finally {
    await server.close()
    rmSync(folder, { recursive: true })
  }
}
