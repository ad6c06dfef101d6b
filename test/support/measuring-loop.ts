import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Exam } from '../../src/exam/exam.ts'
import type { Answer, TopicId } from '../../src/exam/topic.ts'
import { chainFound } from '../../src/exam/topics/chain.ts'
import { dataRecordSearch } from '../../src/exam/topics/data-record.ts'
import { checkFound } from '../../src/exam/topics/verification.ts'
import type { IssuedCertificate } from '../../src/issue/issue-certificate.ts'
import type { MeasuringEvents } from '../../src/measure/measuring-events.ts'
import { MeasuringKeys } from '../../src/measure/measuring-keys.ts'
import { MeasuringServer } from '../../src/measure/measuring-server.ts'
import { testRoot } from './test-root.ts'

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
  let exam = new Exam([])
  let told: number | undefined
  let failure: { readonly error: unknown } | undefined
  const place = await openPlace()
  const server = serverAt(place, new Map(), {
    answered: (_device, _answer, now) => {
      exam = now
      if (told === undefined && isTold(exam)) told = exam.answers.length
    },
    failed: (error) => {
      failure ??= { error }
    },
  })
  const wanted = new Set<TopicId>(['baseline', ...topics])
  try {
    const { port } = await server.open()
    for (let next = exam.next(); next !== undefined && wanted.has(next.topic); next = exam.next()) {
      await visit({ port, anchors: place.anchors })
      if (failure !== undefined) throw failure.error
    }
    return { exam, seconds: (performance.now() - began) / 1000, told }
  } finally {
    await server.close()
    place.remove()
  }
}

function isTold(exam: Exam): boolean {
  const checks = ['unknown-ca', 'wrong-name', 'expired'] as const
  return (
    chainFound(exam)?.message.exact === true &&
    dataRecordSearch(exam)?.found.exact === true &&
    checks.every((id) => checkFound(exam, id) !== undefined)
  )
}

/** A test CA, and the folder of the file that it lies in for clients. */
export interface Place {
  readonly ca: IssuedCertificate
  readonly anchors: string
  readonly remove: () => void
}

export async function openPlace(): Promise<Place> {
  const ca = await testRoot(keys)
  const folder = mkdtempSync(join(tmpdir(), 'measuring-'))
  const anchors = join(folder, 'ca.pem')
  writeFileSync(anchors, ca.pem)
  return { ca, anchors, remove: () => rmSync(folder, { recursive: true }) }
}

/** On loopback, any port; `earlier` answers were given to another server. */
export function serverAt(
  { ca }: Place,
  earlier: ReadonlyMap<string, readonly Answer[]>,
  events: Pick<MeasuringEvents, 'answered' | 'failed'>,
  holdMs = 100,
): MeasuringServer {
  return new MeasuringServer({
    testCa: ca,
    keys,
    host: 'fw.example',
    holdMs,
    helloTimeoutMs: 5000,
    now: () => new Date(),
    earlier,
    hosts: ['127.0.0.1'],
    port: 0,
    events: { asked: () => {}, stray: () => {}, ...events },
  })
}
