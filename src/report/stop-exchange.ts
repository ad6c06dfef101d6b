import type { Finding } from '../finding/finding.ts'
import { codingsOf } from '../judge/content-coded.ts'
import { answersAnotherRange, namesNoRange } from '../judge/http.ts'
import type { Connection, HttpExchange, HttpResponseSeen, Observation } from '../observe/observation.ts'
import { legsOf } from './reading.ts'

/** The request whose answer a finding is about. */
export interface StopExchange {
  readonly connection: Connection
  readonly index: number
}

/** Undefined where a finding is about no single answer: what was not sent, what was not read to its end. */
export function stopExchange(finding: Finding, observation: Observation): StopExchange | undefined {
  const host = finding.host ?? legsOf(observation)[0]?.host
  const met = observation.connections.filter((each) => each.role !== 'probe' && each.host === host)
  const all = met.flatMap((connection) =>
    connection.exchanges.map((exchange, index) => ({ connection, index, exchange })),
  )
  switch (finding.id) {
    case 'record-too-large':
    case 'record-size-undecided': {
      const { recordBytes, offset } = finding.details
      const connection = met.find(({ records }) =>
        records.some((run) => run.offset === offset && run.plaintextBytes === recordBytes),
      )
      if (connection === undefined) return undefined
      // Of the answers that begin before the record ends, the last is the one that the device reads then.
      const index = connection.exchanges.findLastIndex(
        ({ response }) => response !== undefined && response.headOffset < offset + recordBytes,
      )
      return index < 0 ? undefined : { connection, index }
    }
    case 'head-too-large': {
      const { headBytes, limitBytes } = finding.details
      const over = all.find(({ exchange }) => (exchange.response?.headBytes ?? 0) > limitBytes)
      return over ?? all.find(({ exchange }) => exchange.response?.headBytes === headBytes)
    }
    case 'http-broken':
      return all.find(({ exchange }) => exchange.error === finding.details.error)
    case 'no-content-length':
      return all.find(
        ({ exchange: { response } }) => isFile(response) && response?.contentLength === undefined,
      )
    case 'content-coded': {
      const { status, path } = finding.details
      return all.find(
        ({ exchange: { request, response } }) =>
          has(status)(response) && request.path === path && codingsOf(response).length > 0,
      )
    }
    case 'range-unsupported': {
      const { status } = finding.details
      return all.find(({ exchange }) =>
        status === 206
          ? answersAnotherRange(exchange) || namesNoRange(exchange)
          : withRange(exchange) && has(status)(exchange.response),
      )
    }
    case 'http-status': {
      const { status } = finding.details
      // Of the answers with 200, the one that holds nothing.
      return all.find(
        ({ exchange: { response } }) =>
          has(status)(response) && (status !== 200 || response?.bodyBytes === 0),
      )
    }
    case 'redirect-to-plaintext':
    case 'redirect-loop':
      return all.findLast(({ exchange }) => has(finding.details.status)(exchange.response))
    case 'redirect-cross-host': {
      const { status, follows } = finding.details
      const isIt = ({ exchange }: (typeof all)[number]) => has(status)(exchange.response)
      return follows ? all.findLast(isIt) : all.find(isIt)
    }
    default: {
      const { details } = finding
      const status = 'status' in details ? details.status : undefined
      if (typeof status !== 'number') return undefined
      return all.find(({ exchange }) => has(status)(exchange.response))
    }
  }
}

function has(status: number): (response: HttpResponseSeen | undefined) => boolean {
  return (response) => response?.status === status
}

function withRange({ request }: HttpExchange): boolean {
  return request.range !== undefined
}

function isFile(response: HttpResponseSeen | undefined): boolean {
  return response?.status === 200 || response?.status === 206
}
