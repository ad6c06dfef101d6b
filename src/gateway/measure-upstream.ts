import { readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls, rootCertificates } from 'node:tls'
import type { HttpsUpstreamFile, MqttUpstreamFile } from './config-schema.ts'
import { type GatewayConfig, listenAddress, pathIn } from './gateway-config.ts'

const TIMEOUT_MS = 10_000

/**
 * Bytes that the upstream's own handshake brings down to a client of TLS 1.2 without a session: what a device would
 * have received. Undefined where it could not be had; that is no fault of the gateway's.
 */
export async function measureUpstream(
  config: GatewayConfig,
  upstream: HttpsUpstreamFile | MqttUpstreamFile,
): Promise<number | undefined> {
  const url = new URL(upstream.url)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || (upstream.protocol === 'https' ? 443 : 8883))
  const at = upstream.connect === undefined ? { host, port } : listenAddress(upstream.connect)
  const own = upstream.ca === undefined ? [] : [readFileSync(pathIn(config, upstream.ca), 'utf8')]
  return new Promise((resolve) => {
    const raw = connectTcp(at)
    const timer = setTimeout(() => end(undefined), TIMEOUT_MS).unref()
    const end = (bytes: number | undefined) => {
      clearTimeout(timer)
      resolve(bytes)
      raw.destroy()
    }
    raw.on('error', () => end(undefined))
    raw.on('close', () => end(undefined))
    const socket = connectTls({
      socket: raw,
      ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
      host,
      ca: [...rootCertificates, ...own],
      maxVersion: 'TLSv1.2',
      // Brokers want it, and it changes nothing else.
      ...('alpn' in upstream && upstream.alpn.length > 0 ? { ALPNProtocols: [...upstream.alpn] } : {}),
    })
    socket.on('error', () => end(undefined))
    socket.once('secureConnect', () => end(raw.bytesRead))
  })
}
