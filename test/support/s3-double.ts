import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { seededBytes } from '../../src/issue/seeded-bytes.ts'
import type { Refusal } from '../../src/lab/file-host.ts'

/**
 * A double of Amazon S3's query authentication, as strict as the service: the canonical request is built from what came
 * in and the signature is computed anew. Form and codes: docs.aws.amazon.com, "Authenticating Requests: Using Query
 * Parameters (AWS Signature Version 4)" and "Error Responses".
 */
export interface S3Account {
  readonly accessKeyId: string
  readonly secretKey: string
  readonly region: string
}

export interface PresignWish {
  readonly method: string
  readonly host: string
  /** `/bucket/key`, not encoded. */
  readonly path: string
  readonly at: Date
  readonly expiresSeconds: number
  /** Header fields beside host that the signature covers. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
}

/** Path and query of a pre-signed URL. */
export function presign(account: S3Account, wish: PresignWish): string {
  const { method, host, path, at, expiresSeconds, headers = [] } = wish
  const time = basicTime(at)
  const scope = `${time.slice(0, 8)}/${account.region}/s3/aws4_request`
  const signed = [['host', host] as const, ...headers].map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  )
  const names = signed.map(([name]) => name).sort()
  const query = new Map([
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${account.accessKeyId}/${scope}`],
    ['X-Amz-Date', time],
    ['X-Amz-Expires', String(expiresSeconds)],
    ['X-Amz-SignedHeaders', names.join(';')],
  ])
  const signature = sign(account, {
    method,
    path: encodePath(path),
    query,
    headers: new Map(signed),
    names,
    time,
    scope,
  })
  query.set('X-Amz-Signature', signature)
  return `${encodePath(path)}?${canonicalQuery(query)}`
}

/** What S3 says to a request for an object that is not public; undefined: come in. */
export function refuseBySigV4(
  request: Pick<IncomingMessage, 'url' | 'headers' | 'method'>,
  account: S3Account,
  now: Date,
): Refusal | undefined {
  const [path = '/', search = ''] = (request.url ?? '/').split('?', 2)
  const query = new Map(
    search
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair): [string, string] => {
        const equals = pair.indexOf('=')
        return equals < 0
          ? [decode(pair), '']
          : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))]
      }),
  )
  const signedQuery = [...query.keys()].some((name) => name.startsWith('X-Amz-'))
  if (!signedQuery && request.headers.authorization === undefined)
    return refusal(403, 'AccessDenied', 'Access Denied')
  if (request.headers.authorization !== undefined) {
    return refusal(400, 'InvalidArgument', 'Only one auth mechanism allowed')
  }
  const time = query.get('X-Amz-Date') ?? ''
  const credential = query.get('X-Amz-Credential')?.split('/') ?? []
  const lifetime = Number(query.get('X-Amz-Expires'))
  const names = query.get('X-Amz-SignedHeaders')?.split(';') ?? []
  const signature = query.get('X-Amz-Signature')
  const complete =
    query.get('X-Amz-Algorithm') === 'AWS4-HMAC-SHA256' &&
    /^\d{8}T\d{6}Z$/.test(time) &&
    credential.length === 5
  if (!complete || !Number.isInteger(lifetime) || lifetime < 1 || !names.includes('host') || !signature) {
    const words =
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.'
    return refusal(400, 'AuthorizationQueryParametersError', words)
  }
  const signedAt = parseBasicTime(time)
  if (signedAt.getTime() + lifetime * 1_000 < now.getTime())
    return refusal(403, 'AccessDenied', 'Request has expired')
  if (signedAt.getTime() > now.getTime() + SKEW_MS)
    return refusal(403, 'AccessDenied', 'Request is not valid yet')
  if (credential[0] !== account.accessKeyId)
    return refusal(
      403,
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
    )
  const headers = new Map(names.map((name) => [name, String(request.headers[name] ?? '')]))
  const unsigned = new Map([...query].filter(([name]) => name !== 'X-Amz-Signature'))
  const scope = credential.slice(1).join('/')
  const own = sign(account, {
    method: request.method ?? 'GET',
    path,
    query: unsigned,
    headers,
    names,
    time,
    scope,
  })
  if (equalText(own, signature)) return undefined
  return refusal(
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  )
}

/** S3 allows clocks to differ by this much. */
const SKEW_MS = 15 * 60_000

interface ToSign {
  readonly method: string
  /** As it stands in the request. */
  readonly path: string
  readonly query: ReadonlyMap<string, string>
  readonly headers: ReadonlyMap<string, string>
  readonly names: readonly string[]
  readonly time: string
  readonly scope: string
}

function sign(
  { secretKey }: S3Account,
  { method, path, query, headers, names, time, scope }: ToSign,
): string {
  const lines = names
    .map((name) => `${name}:${(headers.get(name) ?? '').trim().replace(/ +/g, ' ')}\n`)
    .join('')
  const canonical = [method, path, canonicalQuery(query), lines, names.join(';'), 'UNSIGNED-PAYLOAD'].join(
    '\n',
  )
  const hash = createHash('sha256').update(canonical).digest('hex')
  const key = scope
    .split('/')
    .reduce<Uint8Array>((secret, part) => hmac(secret, part), Buffer.from(`AWS4${secretKey}`))
  return Buffer.from(hmac(key, ['AWS4-HMAC-SHA256', time, scope, hash].join('\n'))).toString('hex')
}

function hmac(key: Uint8Array, text: string): Uint8Array {
  return createHmac('sha256', key).update(text).digest()
}

function canonicalQuery(query: ReadonlyMap<string, string>): string {
  return [...query]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
}

/** RFC 3986 §2.3: all but unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function encodePath(path: string): string {
  return path.split('/').map(encode).join('/')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function basicTime(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}

function parseBasicTime(text: string): Date {
  const [year, month, day] = [text.slice(0, 4), text.slice(4, 6), text.slice(6, 8)]
  return new Date(`${year}-${month}-${day}T${text.slice(9, 11)}:${text.slice(11, 13)}:${text.slice(13, 15)}Z`)
}

function equalText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

function refusal(status: number, code: string, message: string): Refusal {
  const requestId = Buffer.from(seededBytes(`s3 ${code}`, 8))
    .toString('hex')
    .toUpperCase()
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>${requestId}</RequestId></Error>`
  return {
    status,
    headers: [
      ['Server', 'AmazonS3'],
      ['Content-Type', 'application/xml'],
      ['x-amz-request-id', requestId],
    ],
    body,
  }
}
