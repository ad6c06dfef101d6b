import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Exam } from '../../src/exam/exam.ts'
import type { Answer, TopicId } from '../../src/exam/topic.ts'
import { chainFound } from '../../src/exam/topics/chain.ts'
import { dataRecordFound } from '../../src/exam/topics/data-record.ts'
import { checkFound } from '../../src/exam/topics/verification.ts'
import { basicConstraints } from '../../src/issue/certificate-extensions.ts'
import { issueCertificate } from '../../src/issue/issue-certificate.ts'
import { MeasuringKeys } from '../../src/measure/measuring-keys.ts'
import { MeasuringServer } from '../../src/measure/measuring-server.ts'

/** What a client needs to come once: it is to ask for `/` by the name `fw.example`. */
export interface Visit {
  readonly port: number
  readonly anchors: string
}

export interface Measured {
  readonly exam: Exam
  readonly seconds: number
  /** Connections after which chain and record were known to the unit, and whether it verifies. */
  readonly told: number | undefined
}

const keys = new MeasuringKeys()

/**
 * A client that comes again and again, until all questions before those of other topics are asked. Rejects where the
 * server could not serve what was to be asked.
 */
export async function measureClient(
  visit: (visit: Visit) => Promise<unknown>,
  topics: readonly TopicId[],
): Promise<Measured> {
  const began = performance.now()
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
  const folder = mkdtempSync(join(tmpdir(), 'measuring-'))
  const anchors = join(folder, 'ca.pem')
  writeFileSync(anchors, ca.pem)
  let exam = new Exam([])
  let told: number | undefined
  let failure: { readonly error: unknown } | undefined
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
        if (told === undefined && isTold(exam)) told = exam.answers.length
      },
      stray: () => {},
      failed: (error) => {
        failure ??= { error }
      },
    },
  })
  const wanted = new Set<TopicId>(['baseline', ...topics])
  try {
    const { port } = await server.open()
    for (let next = exam.next(); next !== undefined && wanted.has(next.topic); next = exam.next()) {
      await visit({ port, anchors })
      if (failure !== undefined) throw failure.error
    }
    return { exam, seconds: (performance.now() - began) / 1000, told }
  } finally {
    await server.close()
    rmSync(folder, { recursive: true })
  }
}

function isTold(exam: Exam): boolean {
  const checks = ['unknown-ca', 'wrong-name', 'expired'] as const
  return (
    chainFound(exam)?.message.exact === true &&
    dataRecordFound(exam)?.exact === true &&
    checks.every((id) => checkFound(exam, id) !== undefined)
  )
}
