import type { RequestListener } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { type Listening, type ListenOptions, listen } from '../io/listen.ts'
import type { IssuedCertificate } from '../issue/issue-certificate.ts'
import { joinPem } from './chains.ts'
import { keyPem } from './small-chains.ts'

export interface HttpsServerOptions extends ListenOptions {
  /** What it sends, leaf first; the leaf's key signs. */
  readonly chain: readonly IssuedCertificate[]
  readonly answer: RequestListener
  /**
   * Largest plaintext of a record after the handshake; undefined: OpenSSL's 16,384. The handshake itself is
   * never cut: most small stacks cannot join a handshake message that is spread over records.
   */
  readonly maxRecordBytes?: number | undefined
}

/** Certificate and key in the form of Node's TLS options. TLS 1.2 at least; the suites are Node's own. */
export function tlsIdentity(chain: readonly IssuedCertificate[]) {
  const [leaf] = chain
  if (leaf === undefined) throw new RangeError('chain: needs a leaf')
  return { cert: joinPem(chain), key: keyPem(leaf.key), minVersion: 'TLSv1.2' } as const
}

/** An HTTPS server on the addresses asked. */
export async function openHttpsServer(options: HttpsServerOptions): Promise<Listening> {
  const server = createHttps(tlsIdentity(options.chain), options.answer)
  const { maxRecordBytes } = options
  if (maxRecordBytes !== undefined) {
    server.on('secureConnection', (socket: TLSSocket) => socket.setMaxSendFragment(maxRecordBytes))
  }
  // Clients that break off are what the lab is about.
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return listen((socket) => server.emit('connection', socket), options)
}
