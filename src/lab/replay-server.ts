import type { KeyObject } from 'node:crypto'
import type { Socket } from 'node:net'
import { createSecureContext, getCiphers, type SecureVersion, TLSSocket } from 'node:tls'
import { type Listening, type ListenOptions, listen } from '../io/listen.ts'
import { armour } from '../issue/der.ts'
import { formatCipherSuite } from '../tls/cipher-suites.ts'

/** How a server that was observed did TLS, as far as Node's can do the same. */
export interface ReplayTls {
  /** DER, in the order in which it is sent. */
  readonly sent: readonly Uint8Array[]
  readonly leafKey: KeyObject
  readonly version: SecureVersion
  /** Chosen wherever the client offers it; undefined: OpenSSL chooses. */
  readonly cipherSuite: number | undefined
  /** Largest plaintext of a record within the handshake, and after it. */
  readonly handshakeRecordBytes: number
  readonly recordBytes: number
  readonly requestsCertificate: boolean
}

/** OpenSSL cuts records no smaller, and TLS allows no larger. */
export const MIN_RECORD_BYTES = 512
export const MAX_RECORD_BYTES = 16_384

/**
 * What to do with each TCP connection; `attend` gets it when its handshake is done. Throws where OpenSSL takes no such
 * certificate or key.
 */
export function acceptAsObserved(tls: ReplayTls, attend: (socket: TLSSocket) => void): (raw: Socket) => void {
  const pem = tls.sent.map((der) => armour('CERTIFICATE', der))
  const { version } = tls
  const secureContext = createSecureContext({
    cert: pem.join(''),
    key: tls.leafKey.export({ type: 'pkcs8', format: 'pem' }),
    // Else OpenSSL adds to a chain of one what it finds among its own roots.
    ca: pem.slice(0, 1),
    maxVersion: version,
    // An old server is replayed as such; of a newer one it is not known what else it takes.
    minVersion: version === 'TLSv1.3' ? 'TLSv1.2' : version,
    // Keys, hashes and suites of any age, as observed.
    // OpenSSL knows the word DEFAULT only where it comes first.
    ciphers: [...suitesFirst(tls.cipherSuite), 'ALL', '!COMPLEMENTOFDEFAULT', '@SECLEVEL=0'].join(':'),
    honorCipherOrder: true,
    dhparam: 'auto',
  })
  return (raw) => {
    const socket = new TLSSocket(raw, {
      isServer: true,
      secureContext,
      requestCert: tls.requestsCertificate,
      rejectUnauthorized: false,
    })
    socket.setMaxSendFragment(tls.handshakeRecordBytes)
    // Clients that break off are what the lab is about.
    socket.on('error', () => raw.destroy())
    socket.on('secure', () => {
      socket.setMaxSendFragment(tls.recordBytes)
      attend(socket)
    })
  }
}

/** What a server says to a ClientHello in place of its own. */
export interface HelloRefusal {
  /** Fatal alert; undefined: it ends without a word. */
  readonly alert: number | undefined
  readonly end: 'fin' | 'reset'
}

/** Plain TCP: after the first record of the client the alert, and the end. */
export function openRefusingServer({ alert, end }: HelloRefusal, at: ListenOptions): Promise<Listening> {
  return listen(
    (socket) =>
      afterFirstRecord(socket, () => {
        // RFC 8446 §5.1 and §6: record of type alert, level fatal.
        if (alert !== undefined) socket.write(Uint8Array.of(0x15, 0x03, 0x03, 0, 2, 2, alert))
        if (end === 'reset') socket.resetAndDestroy()
        else socket.end()
      }),
    at,
  )
}

const RECORD_HEADER_BYTES = 5

function afterFirstRecord(socket: Socket, answer: () => void): void {
  let head = Buffer.alloc(0)
  let bytes = 0
  let answered = false
  socket.on('data', (chunk: Buffer) => {
    if (answered) return
    bytes += chunk.length
    if (head.length < RECORD_HEADER_BYTES)
      head = Buffer.concat([head, chunk]).subarray(0, RECORD_HEADER_BYTES)
    if (head.length < RECORD_HEADER_BYTES || bytes < RECORD_HEADER_BYTES + head.readUInt16BE(3)) return
    answered = true
    answer()
  })
}

/** Whether this OpenSSL has the suite. */
export function hasSuite(code: number): boolean {
  const [first = ''] = suitesFirst(code)
  return getCiphers().includes(first.toLowerCase())
}

/** OpenSSL's names: of TLS 1.3 all three, the one observed first; of TLS 1.2 that one, before its defaults. */
function suitesFirst(code: number | undefined): string[] {
  if (code === undefined) return []
  const name = formatCipherSuite(code)
  if (tls13Suites.includes(name)) return [name, ...tls13Suites.filter((one) => one !== name)]
  return [opensslName(name)]
}

const tls13Suites = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256']

/** `TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA` is `ECDHE-RSA-AES128-SHA`; a name that OpenSSL does not know is passed over. */
export function opensslName(name: string): string {
  return name
    .replace(/^TLS_(RSA_WITH_)?/, '')
    .replace('_WITH_', '_')
    .replace('3DES_EDE_CBC', 'DES-CBC3')
    .replace(/(AES|CAMELLIA)_(\d+)(?:_CBC)?_/, '$1$2_')
    .replace(/(CHACHA20_POLY1305)_SHA256/, '$1')
    .replace(/_(CCM(?:_8)?)$/, (_, mode: string) => `-${mode.replace('_', '')}`)
    .replaceAll('_', '-')
}
