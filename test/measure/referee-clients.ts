import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import type { Exam } from '../../src/exam/exam.ts'
import type { LimitFound } from '../../src/exam/limit-search.ts'
import { topicIds } from '../../src/exam/topic.ts'
import { certificatesFound } from '../../src/exam/topics/certificates.ts'
import { chainFound } from '../../src/exam/topics/chain.ts'
import { dataRecordSearch } from '../../src/exam/topics/data-record.ts'
import { type CheckId, checkFound } from '../../src/exam/topics/verification.ts'
import { buildOf, type ClientArgs } from '../clients/clients.ts'
import { visitOf } from '../support/measure-client.ts'
import { measureClient, type Visit } from '../support/measuring-loop.ts'

/** A limit that a client was built with, and what of an exam is to be the same. */
export interface BuiltIn {
  readonly what: string
  readonly limit: number | 'none'
  readonly measured: (exam: Exam) => LimitFound | undefined
}

export interface Referee {
  readonly name: string
  /** Whether it can be run here. */
  readonly there: () => boolean
  readonly visit: (visit: Visit) => Promise<unknown>
  readonly builtIn: readonly BuiltIn[]
  /** Of unknown-ca, wrong-name and expired, what it takes. */
  readonly accepts: readonly CheckId[]
}

/** A client of `test/clients`. */
export function library(
  build: string,
  args: Partial<ClientArgs>,
  builtIn: readonly BuiltIn[],
  accepts: readonly CheckId[] = [],
): Referee {
  const flags = Object.entries(args).map(
    ([flag, value]) => `${flag} ${value instanceof Date ? 'old' : value}`,
  )
  return {
    name: [build, ...flags].join(', '),
    there: () => buildOf(build) !== undefined,
    visit: visitOf(build, args),
    builtIn,
    accepts,
  }
}

export function curl(flags: readonly string[], accepts: readonly CheckId[] = []): Referee {
  return {
    name: ['curl', ...flags].join(' '),
    there: () => true,
    visit: ({ port, anchors }) =>
      new Promise((done) => {
        const url = `https://fw.example:${port}/`
        const where = ['--resolve', `fw.example:${port}:127.0.0.1`, '--cacert', anchors]
        execFile('curl', ['-sS', '--max-time', '5', ...where, ...flags, url], () => done(undefined))
      }),
    builtIn: [message('none'), record('none')],
    accepts,
  }
}

/** `tls.connect` of Node, which reads until the server has said all. */
export function node(off: 'nothing' | 'verification' | 'name', accepts: readonly CheckId[] = []): Referee {
  return {
    name: off === 'nothing' ? 'node' : `node without ${off}`,
    there: () => true,
    visit: ({ port, anchors }) =>
      new Promise((done) => {
        const socket = connect({
          port,
          host: '127.0.0.1',
          servername: 'fw.example',
          ca: readFileSync(anchors),
          rejectUnauthorized: off !== 'verification',
          ...(off === 'name' ? { checkServerIdentity: () => undefined } : {}),
        })
        socket.once('secureConnect', () => socket.write('GET / HTTP/1.1\r\nHost: fw.example\r\n\r\n'))
        socket.on('data', () => {})
        socket.on('error', () => {})
        socket.once('close', done)
      }),
    builtIn: [message('none'), record('none')],
    accepts,
  }
}

/** The Certificate message, header included. */
export function message(limit: BuiltIn['limit'], header = 0): BuiltIn {
  return {
    what: 'message',
    limit: limit === 'none' ? limit : limit + header,
    measured: (exam) => {
      const found = chainFound(exam)
      return found?.counts === 'record' ? (found.joined ?? found.message) : found?.message
    },
  }
}

/** Plaintext of a record of the handshake. */
export function handshakeRecord(limit: BuiltIn['limit']): BuiltIn {
  return { what: 'record in the handshake', limit, measured: (exam) => chainFound(exam)?.message }
}

/** Plaintext of a record of data. */
export function record(limit: BuiltIn['limit']): BuiltIn {
  return { what: 'record of data', limit, measured: (exam) => dataRecordSearch(exam)?.found }
}

export function certificates(limit: number): BuiltIn {
  return { what: 'certificates', limit, measured: (exam) => certificatesFound(exam)?.certificates }
}

/** All handshake messages together: see `ChainFound.handshake`. */
export function handshake(limit: number): BuiltIn {
  return {
    what: 'handshake',
    limit,
    measured: (exam) => {
      const found = chainFound(exam)
      return found?.handshake && { ...found.message, ...found.handshake }
    },
  }
}

const early = ['verification', 'own-records', 'chain', 'data-record'] as const

export interface Row {
  readonly client: string
  readonly limits: readonly { readonly what: string; readonly builtIn: string; readonly measured: string }[]
  /** Of unknown-ca, wrong-name and expired, what it was seen to take. */
  readonly accepts: readonly string[]
  readonly connections: number
  /** Connections after which chain and record were exact, and the three checks told. */
  readonly firstAt: number | undefined
  readonly seconds: number
}

/** Measures one client, as far as its built-in limits go. */
export async function measureReferee(referee: Referee): Promise<Row> {
  const counts = referee.builtIn.some(({ what }) => what === 'certificates')
  const topics = counts
    ? topicIds.slice(0, topicIds.indexOf('redirect'))
    : [...early, 'more-verification' as const]
  const { exam, seconds, told } = await measureClient(referee.visit, topics)
  return {
    client: referee.name,
    limits: referee.builtIn.map(({ what, limit, measured }) => ({
      what,
      builtIn: String(limit),
      measured: words(measured(exam)),
    })),
    accepts: (['unknown-ca', 'wrong-name', 'expired'] as const).filter(
      (id) => checkFound(exam, id) === 'accepts',
    ),
    connections: exam.answers.length,
    firstAt: told,
    seconds,
  }
}

/** `none`: the largest that is asked passed. */
function words(found: LimitFound | undefined): string {
  if (found === undefined) return 'not told'
  if (found.exact) return found.fails === undefined ? 'none' : String(found.passes)
  return `between ${found.passes} and ${found.fails ?? 'more'}`
}

export function formatRow({ client, limits, accepts, connections, firstAt, seconds }: Row): string {
  const compared = limits.map(({ what, builtIn, measured }) => `${what} ${builtIn} / ${measured}`).join('; ')
  const taken = accepts.length === 0 ? 'nothing' : accepts.join(', ')
  return `| ${client} | ${compared} | ${taken} | ${connections} (${firstAt ?? '-'}) | ${seconds.toFixed(1)} |`
}
