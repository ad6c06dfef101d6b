import { combinedField } from '../http/combined-field.ts'
import { headerValue, type ResponseHead } from '../http/response-head.ts'
import type { HttpResponseSeen } from './observation.ts'
import type { SecretQuery } from './secret-query.ts'
import { blankText, blankUrl } from './secrets.ts'

/** Bounds of the text fields kept of a head. */
const MAX_FIELD_CHARACTERS = 512
const MAX_LOCATION_CHARACTERS = 8192

export type SeenHead = Pick<
  HttpResponseSeen,
  | 'status'
  | 'reason'
  | 'headBytes'
  | 'httpVersion'
  | 'contentLength'
  | 'contentRange'
  | 'transferEncoding'
  | 'contentEncoding'
  | 'contentType'
  | 'etag'
  | 'acceptRanges'
  | 'server'
  | 'location'
>

/** What an observation keeps of a response's head: bounded, and with `secrets` blanked where the server echoes them,
 * and whatever a query that is a secret left in the Location. */
export function seenHead(
  head: ResponseHead,
  contentLength: number | undefined,
  secrets: readonly string[],
  secretQuery?: SecretQuery,
): SeenHead {
  const all = [...secrets, ...(secretQuery?.values ?? [])]
  const field = (name: string) => boundedField(headerValue(head, name), all)
  const location = headerValue(head, 'location')
  const url =
    location &&
    blankText(secretQuery?.blankIn(location) ?? blankUrl(location), secrets).slice(0, MAX_LOCATION_CHARACTERS)
  return {
    status: head.status,
    reason: blankText(head.reason, all).slice(0, MAX_FIELD_CHARACTERS),
    headBytes: head.headBytes,
    httpVersion: head.httpVersion,
    contentLength,
    contentRange: field('content-range'),
    transferEncoding: field('transfer-encoding'),
    contentEncoding: boundedField(combinedField(head.headers, 'content-encoding'), all),
    contentType: field('content-type'),
    etag: field('etag'),
    acceptRanges: field('accept-ranges'),
    server: field('server'),
    location: location === undefined ? undefined : { url: url ?? '', bytes: location.length },
  }
}

/** The value of a field as an observation keeps it, of a request or a response: `secrets` blanked, then cut to length. */
export function boundedField(value: string | undefined, secrets: readonly string[]): string | undefined {
  return value === undefined ? undefined : blankText(value, secrets).slice(0, MAX_FIELD_CHARACTERS)
}
