/**
 * What a URL says of an S3 pre-signed request, without its signature. Form: docs.aws.amazon.com, "Authenticating
 * Requests: Using Query Parameters (AWS Signature Version 4)".
 */
export interface Presigned {
  readonly version: 'v4' | 'v2'
  /** Names of its parameters, as sent. */
  readonly parameters: readonly string[]
  /** Undefined where absent or no date. */
  readonly signedAt: Date | undefined
  readonly expiresAt: Date | undefined
  /** Lower case, without `host`: what the request must carry beside it. Version 2 has no such list. */
  readonly signedHeaders: readonly string[]
  /** Parameters that version 4 demands and that are not there: the URL was cut. */
  readonly missing: readonly string[]
  /** `&amp;` stands for `&`: the URL was copied out of HTML or XML. */
  readonly htmlEscaped: boolean
  /** A value holds `%25`: the URL was percent-encoded twice. */
  readonly doublyEncoded: boolean
}

const demanded = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
] as const

const MAX_PARAMETERS = 64
const MAX_SIGNED_HEADERS = 32

/** Undefined where the query of `path` is no pre-signed one. */
export function readPresigned(path: string): Presigned | undefined {
  const mark = path.indexOf('?')
  if (mark < 0) return undefined
  const pairs = path
    .slice(mark + 1)
    .split('&')
    .slice(0, MAX_PARAMETERS)
    .map((pair): [string, string] => {
      const equals = pair.indexOf('=')
      return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
    })
  const htmlEscaped = pairs.some(([name]) => name.startsWith('amp;'))
  const value = (wanted: string) =>
    pairs.find(([name]) => name.replace(/^amp;/, '').toLowerCase() === wanted.toLowerCase())?.[1]
  const parameters = pairs.map(([name]) => name)
  if (demanded.some((name) => value(name) !== undefined)) {
    const signedAt = parseBasicDate(value('X-Amz-Date'))
    const seconds = /^\d{1,7}$/.exec(value('X-Amz-Expires') ?? '')?.[0]
    return {
      version: 'v4',
      parameters,
      signedAt,
      expiresAt:
        signedAt === undefined || seconds === undefined
          ? undefined
          : new Date(signedAt.getTime() + Number(seconds) * 1_000),
      signedHeaders: decode(value('X-Amz-SignedHeaders') ?? '')
        .toLowerCase()
        .split(';')
        .filter((name) => name !== '' && name !== 'host')
        .slice(0, MAX_SIGNED_HEADERS),
      missing: demanded.filter((name) => !value(name)),
      htmlEscaped,
      doublyEncoded: demanded.some((name) => /%25/.test(value(name) ?? '')),
    }
  }
  if (value('AWSAccessKeyId') === undefined || value('Signature') === undefined) return undefined
  const seconds = /^\d{1,11}$/.exec(value('Expires') ?? '')?.[0]
  return {
    version: 'v2',
    parameters,
    signedAt: undefined,
    expiresAt: seconds === undefined ? undefined : new Date(Number(seconds) * 1_000),
    signedHeaders: [],
    missing: seconds === undefined ? ['Expires'] : [],
    htmlEscaped,
    doublyEncoded: /%25/.test(value('Signature') ?? ''),
  }
}

/** ISO 8601 basic form: 20261121T120000Z. */
function parseBasicDate(text: string | undefined): Date | undefined {
  const parts = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text ?? '')
  if (parts === null) return undefined
  const [, year, month, day, hour, minute, second] = parts
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(date.getTime()) ? undefined : date
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
