import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { seededBytes } from '../issue/seeded-bytes.ts'
import type { Refusal } from './file-host.ts'

/**
 * A double of Azure Blob Storage's authorization by service SAS, as strict as the service: the signature is
 * verified over the string-to-sign, times are kept, and refusals carry the service's codes and words.
 * Form: learn.microsoft.com/rest/api/storageservices/create-service-sas (version 2020-12-06 and later);
 * codes: the same site, "Blob service error codes" and "Status and error codes".
 */
export interface SasAccount {
  readonly name: string
  /** The account key, raw. */
  readonly key: Uint8Array
  /** What an anonymous request meets: 409 where the account forbids public access, else 404. */
  readonly publicAccess: 'forbidden' | 'private-container'
}

/** Fields of a service SAS by the names of their query parameters; absent ones are empty in the signature. */
export interface SasFields {
  /** Permissions, such as `r`. */
  readonly sp: string
  readonly st?: string
  readonly se: string
  readonly spr?: string
  readonly sv: string
  /** `b`: one blob, `c`: its container. */
  readonly sr: 'b' | 'c'
}

/** The query string of a SAS for `path` (`/container/blob`), percent-encoded once. */
export function signSas(account: SasAccount, path: string, fields: SasFields): string {
  const query = new Map<string, string>(Object.entries(fields))
  query.set('sig', signatureOf(account, path, query).toString('base64'))
  return [...query].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
}

/** What the service says to a request for a blob that is not public; undefined: come in. */
export function refuseBySas(
  request: Pick<IncomingMessage, 'url' | 'headers' | 'method'>,
  account: SasAccount,
  now: Date,
): Refusal | undefined {
  const requestId = requestIdFor(now)
  const { path, query } = splitUrl(request.url ?? '/')
  // With an Authorization header the service authenticates by it and by nothing else.
  if (request.headers.authorization !== undefined) return authenticationFailed(requestId, now)
  if (!query.has('sig')) return anonymous(account, requestId, now)
  for (const name of ['sv', 'sr', 'sp', 'se']) {
    if (!query.get(name)) {
      return authenticationFailed(requestId, now, `${name} is mandatory. Cannot be empty`)
    }
  }
  return (
    wrongTime(query, requestId, now) ??
    wrongSignature(account, path, query, requestId, now) ??
    wrongPermission(query, requestId, now)
  )
}

function wrongTime(query: Map<string, string>, requestId: string, now: Date): Refusal | undefined {
  const { st = '', se = '' } = Object.fromEntries(query)
  const start = st === '' ? Number.NEGATIVE_INFINITY : Date.parse(st)
  const end = Date.parse(se)
  if (Number.isNaN(start) || Number.isNaN(end)) {
    return authenticationFailed(requestId, now, 'Signature fields not well formed.')
  }
  if (now.getTime() >= start && now.getTime() < end) return undefined
  const when = [st === '' ? '' : `Start [${new Date(start).toUTCString()}] - `, new Date(end).toUTCString()]
  return authenticationFailed(
    requestId,
    now,
    `Signature not valid in the specified time frame: ${when[0]}Expiry [${when[1]}] - Current [${now.toUTCString()}]`,
  )
}

/** A SHA-256 in padded base64. */
const signatureForm = /^[A-Za-z0-9+/]{43}=$/

function wrongSignature(
  account: SasAccount,
  path: string,
  query: Map<string, string>,
  requestId: string,
  now: Date,
): Refusal | undefined {
  const sent = query.get('sig') ?? ''
  // Encoded twice, it still holds per cent signs after the one decoding it gets.
  if (!signatureForm.test(sent)) {
    return authenticationFailed(requestId, now, 'Signature fields not well formed.')
  }
  if (timingSafeEqual(Buffer.from(sent, 'base64'), signatureOf(account, path, query))) return undefined
  const used = stringToSign(account, path, query)
  return authenticationFailed(
    requestId,
    now,
    `Signature did not match. String to sign used was ${escapeXml(used)}`,
  )
}

function wrongPermission(query: Map<string, string>, requestId: string, now: Date): Refusal | undefined {
  if (query.get('sp')?.includes('r')) return undefined
  return refusal(403, 'AuthorizationPermissionMismatch', requestId, now, {
    message: 'This request is not authorized to perform this operation using this permission.',
  })
}

function anonymous(account: SasAccount, requestId: string, now: Date): Refusal {
  return account.publicAccess === 'forbidden'
    ? refusal(409, 'PublicAccessNotPermitted', requestId, now, {
        message: 'Public access is not permitted on this storage account.',
      })
    : refusal(404, 'ResourceNotFound', requestId, now, { message: 'The specified resource does not exist.' })
}

function authenticationFailed(requestId: string, now: Date, detail?: string): Refusal {
  return refusal(403, 'AuthenticationFailed', requestId, now, {
    message:
      'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.',
    detail,
  })
}

function signatureOf(account: SasAccount, path: string, query: Map<string, string>): Buffer {
  return createHmac('sha256', account.key)
    .update(stringToSign(account, path, query), 'utf8')
    .digest()
}

/** Sixteen lines; snapshot time, encryption scope and response headers included although mostly empty. */
function stringToSign(account: SasAccount, path: string, query: Map<string, string>): string {
  const field = (name: string) => query.get(name) ?? ''
  const container = path.split('/', 2).join('/')
  const resource = `/blob/${account.name}${field('sr') === 'c' ? container : path}`
  const names = ['si', 'sip', 'spr', 'sv', 'sr', 'snapshot', 'ses', 'rscc', 'rscd', 'rsce', 'rscl', 'rsct']
  return [field('sp'), field('st'), field('se'), resource, ...names.map(field)].join('\n')
}

/** Each value is percent-decoded once; `+` stays `+`, as the service keeps it. */
function splitUrl(url: string): { readonly path: string; readonly query: Map<string, string> } {
  const cut = url.indexOf('?')
  const path = cut < 0 ? url : url.slice(0, cut)
  const pairs = cut < 0 ? [] : url.slice(cut + 1).split('&')
  const query = new Map(
    pairs.map((pair) => {
      const equals = pair.indexOf('=')
      const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
      return [name, decodeOnce(value)]
    }),
  )
  return { path: decodeOnce(path), query }
}

function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function refusal(
  status: number,
  code: string,
  requestId: string,
  now: Date,
  { message, detail }: { readonly message: string; readonly detail?: string | undefined },
): Refusal {
  const text = `${message}\nRequestId:${requestId}\nTime:${now.toISOString()}`
  const detailed =
    detail === undefined ? '' : `<AuthenticationErrorDetail>${detail}</AuthenticationErrorDetail>`
  return {
    status,
    headers: [
      ['Content-Type', 'application/xml'],
      ['Server', 'Microsoft-HTTPAPI/2.0'],
      ['x-ms-request-id', requestId],
      ['x-ms-error-code', code],
    ],
    body: `\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${text}</Message>${detailed}</Error>`,
  }
}

/** A GUID in the service's look; the same time gives the same. */
function requestIdFor(now: Date): string {
  const hex = seededBytes(`request ${now.getTime()}`, 16).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
