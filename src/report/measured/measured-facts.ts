import type { Exam } from '../../exam/exam.ts'
import { firstRequest } from '../../exam/requests.ts'
import { keepAliveFound } from '../../exam/topics/keep-alive.ts'
import { type EndingId, endingIds, returnFound } from '../../exam/topics/resilience.ts'
import { formatVersion } from '../../tls/versions.ts'
import { behaviourSentences } from '../measure-words.ts'
import { formatDuration, formatMinute } from '../units.ts'

/** When a device was asked, and how long it took from the first connection to the last. */
export function timeWords({ answers }: Exam): string {
  const times = answers.map(({ outcome }) => outcome.at.getTime()).filter(Number.isFinite)
  if (times.length === 0) return 'at no time'
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const took = spanWords(last - first)
  return `${formatMinute(new Date(first))}${took === undefined ? '' : `, within ${took}`}`
}

/** Undefined for a single moment. */
function spanWords(ms: number): string | undefined {
  if (ms <= 0) return undefined
  if (ms < 2 * MINUTE_MS) return formatDuration(ms)
  return ms < 2 * HOUR_MS ? `${Math.ceil(ms / MINUTE_MS)} min` : `${Math.ceil(ms / HOUR_MS)} h`
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** What it takes when nothing is wrong, and against which all else is compared. */
export function baselineWords({ baseline }: Exam): string | undefined {
  if (baseline === undefined) return undefined
  const { version, good, serving } = baseline
  const key = serving.chain.key.toUpperCase().replace(/^P(?=\d)/, 'P-')
  const does = good === 'request' ? 'asks for something' : 'makes the handshake, and asks nothing'
  return `a key of ${key} in ${formatVersion(version)}: it ${does}`
}

/** Sentences of how it behaves. */
export function behaviourWords(exam: Exam): readonly string[] {
  return [...requestWords(exam), ...keepAliveWords(exam), ...behaviourSentences(exam), ...returnWords(exam)]
}

/** What stands in it was written by the device. */
function requestWords(exam: Exam): string[] {
  const request = firstRequest(exam)
  if (request === undefined || request.kind === 'other') return []
  if (request.kind === 'mqtt') return ['It sends an MQTT CONNECT.']
  const { method = 'a request', path = '', headerNames } = request
  const headers = headerNames.length === 0 ? 'no header' : `the headers ${headerNames.join(', ')}`
  return [`It asks ${method} ${path} with ${headers}.`]
}

function keepAliveWords(exam: Exam): string[] {
  const found = keepAliveFound(exam)
  if (found === undefined) return []
  const header = found.header === undefined ? '' : ` It sends Connection: ${found.header}.`
  if (found.afterwards === 'server-closes')
    return [`It asks the server to close the connection after the answer (Connection: ${found.header}).`]
  if (found.asksAgain) return [`It asks again on the same connection.${header}`]
  if (found.afterwards === undefined) return header === '' ? [] : [header.trim()]
  const does = found.afterwards === 'stays' ? 'keeps the connection' : 'closes the connection'
  return [`It ${does} once it has its answer.${header}`]
}

const endings: { readonly [Id in EndingId]: string } = {
  'alert-handshake-failure': 'the alert handshake_failure',
  'alert-protocol-version': 'the alert protocol_version',
  'alert-internal-error': 'the alert internal_error',
  'alert-unrecognized-name': 'the alert unrecognized_name',
  'close-in-flight': 'a close in the middle of the handshake',
}

function returnWords(exam: Exam): string[] {
  return endingIds.flatMap((id) => {
    const found = returnFound(exam, id)
    if (found?.returns !== true) return []
    const after = spanWords(found.afterMs ?? 0)
    return [`After ${endings[id]} it came back${after === undefined ? '' : ` within ${after}`}.`]
  })
}
