import { isIP } from 'node:net'
import { checkServerIdentity, connect, type SecureContext, type TLSSocket } from 'node:tls'
import { alertReceived } from '../../front/front-failure.ts'
import { formatAlert } from '../../tls/alerts.ts'
import type { MqttUpstreamFile } from '../config-schema.ts'
import { listenAddress } from '../gateway-config.ts'

/** Where a broker is, and by which name. */
export interface UpstreamTarget {
  /** Host of the URL: sent as server_name, and checked in the certificate. */
  readonly host: string
  readonly address: { readonly host: string; readonly port: number }
  readonly alpn: readonly string[]
  readonly timeoutMs: number
}

const MQTTS_PORT = 8883
/** Finds a peer that is gone where MQTT's keep alive is off. */
const TCP_KEEP_ALIVE_MS = 60_000

export function upstreamTarget({ url, connect: to, alpn, timeoutSeconds }: MqttUpstreamFile): UpstreamTarget {
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const address = to === undefined ? { host, port: Number(port || MQTTS_PORT) } : listenAddress(to)
  return { host, address, alpn, timeoutMs: timeoutSeconds * 1_000 }
}

/** Opens TLS that is always verified: `secureConnect` comes only where it is. */
export function openUpstream({ host, address, alpn }: UpstreamTarget, context: SecureContext): TLSSocket {
  const socket = connect({
    ...address,
    // An address is no server_name, RFC 6066 §3.
    servername: isIP(host) === 0 ? host : '',
    checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
    secureContext: context,
    rejectUnauthorized: true,
    ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }),
  })
  // What the broker still has to say comes after the device's last word.
  socket.allowHalfOpen = true
  socket.setNoDelay(true)
  keepAlive(socket)
  return socket
}

export function keepAlive(socket: TLSSocket): void {
  socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS)
}

export interface UpstreamFailure {
  readonly kind: 'unreachable' | 'not-verified' | 'alert' | 'timeout' | 'broken'
  readonly message: string
}

/** Alerts that speak of the certificate which we showed, or did not. */
const ofCertificate = /certificate|unknown_ca|access_denied/
const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
])

/** Why there is no connection to the broker, from the error that Node gives. */
export function upstreamFailure(
  error: Error,
  socket: TLSSocket,
  clientCertificate: boolean,
): UpstreamFailure {
  // Typed as Error; Node gives the code as a string.
  const untrusted: unknown = socket.authorizationError
  if (untrusted)
    return { kind: 'not-verified', message: `its certificate is not trusted (${codeOf(untrusted)})` }
  const alert = alertReceived(error)
  if (alert !== undefined) {
    const name = formatAlert(alert)
    const shown = clientCertificate ? "the identity's client certificate" : 'no client certificate'
    const why = ofCertificate.test(name) || name === 'handshake_failure' ? `; ${shown} was shown to it` : ''
    return { kind: 'alert', message: `it sent the alert ${name}${why}` }
  }
  const code = codeOf(error)
  return unreachable.has(code)
    ? { kind: 'unreachable', message: `cannot be reached (${code})` }
    : { kind: 'broken', message: `broke off (${code})` }
}

function codeOf(error: unknown): string {
  if (typeof error === 'string') return error
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error ? String(error.code) : error.name
}
