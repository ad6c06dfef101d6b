import type { IncomingMessage } from 'node:http'
import type { HeadMode } from '../../http/write-head.ts'

type Fields = readonly (readonly [name: string, value: string])[]

/** They belong to one connection, RFC 9110 §7.6.1, or are made anew. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'host',
  'content-length',
  'expect',
  'via',
  'forwarded',
  // Another path than the one that was admitted, to servers that know them.
  'x-original-url',
  'x-rewrite-url',
])
/** With credentials of the gateway nothing else of a device's request may say what is asked for. */
const plainConditions = new Set([
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'accept',
])
/** What else a body needs that is written with them. */
const ofWrite = new Set([
  'content-type',
  'content-md5',
  'content-encoding',
  'prefer',
  'dataserviceversion',
  'maxdataserviceversion',
  'x-ms-blob-type',
])
/** What an upstream may have put the gateway's credentials into, or given for them. */
const ofCredentials = new Set(['location', 'content-location', 'link', 'refresh', 'set-cookie'])

/**
 * The fields of a device's request that go upstream. `own`: the device's own credentials count, and so does everything it
 * says. An encoding of the content is always declined: offsets count bytes of the file.
 */
export function fieldsUpstream(fields: Fields, own: boolean, writes = false): Fields {
  const named = new Set(
    fields
      .filter(([name]) => name === 'connection')
      .flatMap(([, value]) =>
        value
          .toLowerCase()
          .split(',')
          .map((one) => one.trim()),
      ),
  )
  const kept = fields.filter(
    ([name]) =>
      (own
        ? !hopByHop.has(name) && !named.has(name)
        : plainConditions.has(name) || (writes && ofWrite.has(name))) && name !== 'accept-encoding',
  )
  return [...kept, ['Accept-Encoding', 'identity']]
}

/** Of a part of a file, in a small head. */
const ofPart = new Set(['content-range', 'content-encoding'])
/** Of a file, in a small head: what frames it is written by itself. */
const ofFile = new Set([
  'content-range',
  'etag',
  'last-modified',
  'accept-ranges',
  'content-type',
  'content-md5',
])
const ofAnswer = new Set([
  ...ofFile,
  'retry-after',
  'www-authenticate',
  'allow',
  'x-ms-error-code',
  'content-encoding',
  'location',
  'preference-applied',
  'dataserviceversion',
])

/**
 * The fields of an upstream's answer that go to the device. `minimal`: of a part only where it lies, and what it is coded
 * with: bytes without their coding would pass for the file. `own`: it was asked with the device's own credentials.
 */
export function fieldsToDevice(
  answer: IncomingMessage,
  mode: HeadMode,
  status: number,
  own: boolean,
): Fields {
  const fields: (readonly [string, string])[] = []
  for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2) {
    const [name, value] = [answer.rawHeaders[i] as string, answer.rawHeaders[i + 1] as string]
    const key = name.toLowerCase()
    if (hopByHop.has(key) || /[^\t -~\x80-\xff]/.test(value)) continue
    if (!own && ofCredentials.has(key)) continue
    if (mode === 'minimal' && status === 206 && !ofPart.has(key)) continue
    if (mode === 'minimal' && status !== 206 && !ofAnswer.has(key)) continue
    // Only `full` says Date, and says it itself.
    if (key === 'date' || key === 'server') continue
    fields.push([name, value])
  }
  return fields
}
