import type { Socket } from 'node:net'
import type { Outcome } from '../exam/outcome.ts'
import type { Serving } from '../exam/serving.ts'
import { handshakeTimeoutMs } from './device-pace.ts'
import { holdConnection } from './measuring-connection.ts'
import type { MeasuringKeys } from './measuring-keys.ts'
import type { ResumableSessions } from './resumable-sessions.ts'
import { makeServedChain, type Signer } from './served-chain.ts'
import { openServingTls } from './serving-context.ts'

/** What all connections of a measuring server are served with. */
export interface ServingMeans {
  readonly testCa: Signer
  readonly keys: MeasuringKeys
  readonly sessions: ResumableSessions
  readonly holdMs: number
  readonly now: () => Date
}

/**
 * Does on one connection what `serving` says; `hello` was read of it already, and `goodMs` is as `handshakeTimeoutMs` takes
 * it. Undefined: the connection was gone before anything could be served.
 */
export async function serveConnection(
  raw: Socket,
  hello: Uint8Array,
  {
    serving,
    host,
    goodMs,
  }: { readonly serving: Serving; readonly host: string; readonly goodMs: number | undefined },
  { testCa, keys, sessions, holdMs, now }: ServingMeans,
): Promise<Outcome | undefined> {
  const at = now()
  const chain = await makeServedChain({
    chain: serving.chain,
    testCa,
    host,
    serverAddress: plainAddress(raw.localAddress ?? ''),
    keys,
    now: at,
  })
  if (raw.destroyed) return undefined
  const { messageBytes, pathCertificates } = chain
  return holdConnection(raw, hello, {
    serving,
    tls: openServingTls({ serving, chain, sessions, hello }),
    host,
    port: raw.localPort ?? 0,
    sent: { certificateBytes: chain.sent.map(({ der }) => der.length), pathCertificates, messageBytes },
    hello,
    handshakeTimeoutMs: handshakeTimeoutMs(goodMs, {
      messageBytes,
      pausesMs: pausesOf(serving, messageBytes),
    }),
    holdMs,
    at,
  })
}

/** As a certificate gives it: an IPv4 client of a socket for both is no IPv6 one, and a zone is of one host alone. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:/, '').replace(/%.*/, '')
}

/** How long a serving itself takes, by the pauses that it makes. */
function pausesOf({ disturbance }: Serving, messageBytes: number): number {
  if (disturbance?.kind !== 'slow') return 0
  return Math.ceil(messageBytes / disturbance.bytesPerWrite) * disturbance.pauseMs
}
