import { createHash, createHmac } from 'node:crypto'

/** Keys of an S3 account, or of one compatible with it. */
export interface SigV4Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
  readonly region: string
}

const LIFETIME_SECONDS = 300

/**
 * `path` with the query of a request that is signed for some minutes, so that nothing but the method, the host and the
 * path are fixed and a Range may stand in it. Form: docs.aws.amazon.com, "Authenticating Requests: Using Query Parameters
 * (AWS Signature Version 4)". `path` is as it goes on the wire and holds no query.
 */
export function signSigV4(keys: SigV4Keys, method: string, host: string, path: string, now: Date): string {
  const time = `${now.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
  const scope = `${time.slice(0, 8)}/${keys.region}/s3/aws4_request`
  const query = [
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${keys.accessKeyId}/${scope}`],
    ['X-Amz-Date', time],
    ['X-Amz-Expires', String(LIFETIME_SECONDS)],
    ...(keys.sessionToken === undefined ? [] : [['X-Amz-Security-Token', keys.sessionToken] as const]),
    ['X-Amz-SignedHeaders', 'host'],
  ] as const
  const canonicalQuery = query.map(([name, value]) => `${name}=${encode(value)}`).join('&')
  // S3 takes the path as it stands, and each byte of it encoded once.
  const canonicalPath = path.split('/').map(encodeOnce).join('/')
  const request = [method, canonicalPath, canonicalQuery, `host:${host}\n`, 'host', 'UNSIGNED-PAYLOAD']
  const hash = createHash('sha256').update(request.join('\n')).digest('hex')
  let key: Buffer = Buffer.from(`AWS4${keys.secretAccessKey}`)
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest()
  const toSign = ['AWS4-HMAC-SHA256', time, scope, hash].join('\n')
  const signature = createHmac('sha256', key).update(toSign).digest('hex')
  return `${canonicalPath}?${canonicalQuery}&X-Amz-Signature=${signature}`
}

/** RFC 3986 §2.3: all but unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function encodeOnce(segment: string): string {
  try {
    return encode(decodeURIComponent(segment))
  } catch {
    return encode(segment)
  }
}
