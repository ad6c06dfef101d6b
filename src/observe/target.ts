import type { Target } from './observation.ts'
import type { SecretQuery } from './secret-query.ts'
import { blankUrl } from './secrets.ts'

/** What the user asked to look at, with the secrets that `Target` must not hold. Never printed or stored. */
export interface ParsedTarget {
  /** Blanked: safe for every output. */
  readonly target: Target
  /** Path and query as the device sends them, secrets included; `/` at least. Undefined unless https. */
  readonly requestPath: string | undefined
  /** The query of `requestPath`, where it was named as a secret. */
  readonly secretQuery: SecretQuery | undefined
  /** Percent-decoded user name and password before the `@`; undefined when there is none. */
  readonly userinfo: { readonly user: string; readonly password: string | undefined } | undefined
  /** Family of an address literal; undefined for a name or a file. */
  readonly literal: 4 | 6 | undefined
  /** Path of the file to read; undefined for a live endpoint. */
  readonly filePath: string | undefined
}

export type TargetErrorCode =
  | 'target-empty'
  | 'target-characters'
  | 'target-too-long'
  | 'scheme-missing'
  | 'scheme-unsupported'
  | 'host-missing'
  | 'host-invalid'
  | 'port-missing'
  | 'port-invalid'

/** The target as typed cannot be looked at. The message never repeats a secret. */
export class TargetError extends Error {
  readonly code: TargetErrorCode
  readonly hint: string

  constructor(code: TargetErrorCode, message: string, hint: string) {
    super(message)
    this.name = 'TargetError'
    this.code = code
    this.hint = hint
  }
}

/** A URL longer than this is refused: no device sends one, and no server takes it. */
const MAX_TARGET_CHARACTERS = 16_384

/** Longer ones are cut where they are shown. */
const MAX_SHOWN_CHARACTERS = 500

/**
 * A target as typed, for people and files, without its secrets, whether it can be parsed or not: a URL that was
 * mistyped is taken for a file, and may hold a token or a password.
 */
export function shownTarget(text: string, secretQuery?: SecretQuery): string {
  const written = text.trim().slice(0, MAX_TARGET_CHARACTERS)
  const shown = (secretQuery?.shownWith(written) ?? blankUrl(written)).replace(/^[^/@]*@/, '[blanked]@')
  return shown.length > MAX_SHOWN_CHARACTERS ? `${shown.slice(0, MAX_SHOWN_CHARACTERS)}…` : shown
}

/** Ports that a scheme has when none is written; `tls` has none. IANA service names https and secure-mqtt. */
const defaultPorts: Readonly<Record<'https' | 'mqtts' | 'tls', number | undefined>> = {
  https: 443,
  mqtts: 8883,
  tls: undefined,
}

const schemeHints: Readonly<Record<string, string>> = {
  http: 'tlsfit looks at TLS endpoints: write https://',
  ws: 'tlsfit looks at TLS endpoints: write tls://host:port',
  wss: 'write tls://host:port to look at its TLS',
  mqtt: 'tlsfit looks at TLS endpoints: write mqtts://',
  ssl: 'write tls://host:port',
  coaps: 'CoAP over DTLS cannot be dialled yet',
}

/**
 * `https://…`, `mqtts://…`, `tls://host:port`, or the path of a file. A query that was named as a secret is not in
 * `text`. Throws `TargetError`.
 */
export function parseTarget(text: string, secretQuery?: SecretQuery): ParsedTarget {
  const written = text.trim()
  const characters = written.length + (secretQuery === undefined ? 0 : secretQuery.sent.length + 1)
  if (written === '') throw new TargetError('target-empty', 'the target is empty', targetHint)
  if (characters > MAX_TARGET_CHARACTERS) {
    throw new TargetError(
      'target-too-long',
      `the target has ${characters} characters, more than ${MAX_TARGET_CHARACTERS}`,
      'write the URL as the device sends it',
    )
  }
  if (/[\u0000-\u001f\u007f]/.test(written)) {
    throw new TargetError('target-characters', 'the target holds control characters', targetHint)
  }
  const url = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)(.*)$/s.exec(written)
  if (!url) return parseFile(written)
  const protocol = url[1]!.toLowerCase()
  if (protocol === 'file') return parseFile(url[3]!)
  if (protocol !== 'https' && protocol !== 'mqtts' && protocol !== 'tls') {
    throw new TargetError(
      'scheme-unsupported',
      `${protocol}:// is no scheme that tlsfit dials`,
      schemeHints[protocol] ?? targetHint,
    )
  }
  const { userinfo, host, finalDot, literal, port: portWritten } = parseAuthority(url[2]!)
  const port = portWritten ?? defaultPorts[protocol]
  if (port === undefined) {
    throw new TargetError(
      'port-missing',
      'tls:// needs a port',
      'write tls://host:port, such as tls://host:443',
    )
  }
  const path = protocol === 'https' ? requestPathOf(url[3]!) : undefined
  const requestPath = path && secretQuery ? `${path}?${secretQuery.sent}` : path
  return {
    target: {
      text: secretQuery?.shownWith(written) ?? blankUrl(written),
      protocol,
      host,
      ...(finalDot ? { finalDot } : {}),
      port,
      path: path && (secretQuery?.shownWith(path) ?? blankUrl(path)),
      pathBytes: requestPath?.length,
    },
    requestPath,
    secretQuery,
    userinfo,
    literal,
    filePath: undefined,
  }
}

const targetHint = 'give https://…, mqtts://…, tls://host:port, or the path of a PEM file'

function parseFile(path: string): ParsedTarget {
  if (/^[A-Za-z0-9.-]+:\d{1,5}$/.test(path) || /^\[[0-9A-Fa-f:.]+\]:\d{1,5}$/.test(path)) {
    throw new TargetError(
      'scheme-missing',
      `${path} has no scheme`,
      `write tls://${path} (or https://, mqtts://)`,
    )
  }
  return {
    target: {
      text: path,
      protocol: 'file',
      host: undefined,
      port: undefined,
      path: undefined,
      pathBytes: undefined,
    },
    requestPath: undefined,
    secretQuery: undefined,
    userinfo: undefined,
    literal: undefined,
    filePath: path,
  }
}

function parseAuthority(authority: string): {
  userinfo: ParsedTarget['userinfo']
  host: string
  finalDot?: true
  literal: 4 | 6 | undefined
  port: number | undefined
} {
  const at = authority.lastIndexOf('@')
  const hostAndPort = authority.slice(at + 1)
  const parts = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(hostAndPort)
  if (!parts || parts[2]?.includes(':')) {
    throw new TargetError(
      'host-invalid',
      `${hostAndPort} is no host and port`,
      'put an IPv6 address in brackets: https://[::1]:8443/',
    )
  }
  return {
    userinfo: at < 0 ? undefined : parseUserinfo(authority.slice(0, at)),
    ...parseHost(parts[1]!),
    port: parts[2] === undefined || parts[2] === '' ? undefined : parsePort(parts[2]),
  }
}

function parseUserinfo(text: string): { user: string; password: string | undefined } {
  const colon = text.indexOf(':')
  if (colon < 0) return { user: percentDecoded(text), password: undefined }
  return { user: percentDecoded(text.slice(0, colon)), password: percentDecoded(text.slice(colon + 1)) }
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port >= 1 && port <= 65_535) return port
  throw new TargetError('port-invalid', `${text} is no port`, 'a port is a number from 1 to 65535')
}

/**
 * The host as it goes into SNI and the Host header: A-labels in lower case (UTS 46, as the URL standard has
 * it), an address in its canonical form without brackets. Throws `TargetError`.
 */
export function parseHost(text: string): { host: string; finalDot?: true; literal: 4 | 6 | undefined } {
  if (text === '') throw new TargetError('host-missing', 'the target names no host', targetHint)
  const zoned = /^\[([0-9A-Fa-f:.]+)%(?:25)?([A-Za-z0-9_.~-]+)\]$/.exec(text)
  const hostname = hostnameOf(zoned ? `[${zoned[1]}]` : text)
  if (hostname === undefined) {
    throw new TargetError('host-invalid', `${text} is no host name or address`, targetHint)
  }
  if (hostname.startsWith('[')) {
    const address = hostname.slice(1, -1)
    return { host: zoned ? `${address}%${zoned[2]}` : address, literal: 6 }
  }
  if (/^\d+\.\d+\.\d+\.\d+$/.test(hostname)) return { host: hostname, literal: 4 }
  const finalDot = hostname.endsWith('.')
  const name = finalDot ? hostname.slice(0, -1) : hostname
  const labels = name.split('.')
  if (name.length > 253 || labels.some((label) => label.length > 63 || !/^[a-z0-9_-]+$/.test(label))) {
    throw new TargetError(
      'host-invalid',
      `${text} is no host name`,
      'a host name has labels of at most 63 letters, digits and hyphens (RFC 1035 §2.3.4)',
    )
  }
  return { host: name, ...(finalDot ? { finalDot } : {}), literal: undefined }
}

/** undefined where the URL standard finds no host in it. */
function hostnameOf(text: string): string | undefined {
  if (/[\s/?#@\\]/.test(text)) return undefined
  try {
    return new URL(`https://${text}/`).hostname || undefined
  } catch {
    return undefined
  }
}

/** RFC 9112 §3.2.1 origin-form. Kept as written, except what may not stand in a request line. */
function requestPathOf(rest: string): string {
  const withoutFragment = rest.split('#', 1)[0]!
  const path = withoutFragment.startsWith('/') ? withoutFragment : `/${withoutFragment}`
  return path.replace(/[^\u0021-\u007e]+/g, (odd) =>
    encodeURIComponent(odd.replace(/\p{Surrogate}/gu, '\ufffd')),
  )
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
