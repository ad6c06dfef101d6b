import { parseCertificates } from '../x509/pem.ts'
import { emptyConnection } from './empty-connection.ts'
import type { Connection, Observation } from './observation.ts'
import { parseHost } from './target.ts'

/**
 * What a PEM or DER file says, as if a TLS 1.2 server sent its certificates in the order of the file. `name` is the
 * file's name as the user wrote it; `host` is `--sni`, undefined when not given. Throws `PemError`, `TargetError`.
 */
export function observePem(input: Uint8Array, name: string, host: string | undefined): Observation {
  const certificates = parseCertificates(input, name).map((certificate) => certificate.der)
  const canonicalHost = host === undefined ? undefined : parseHost(bracketed(host)).host
  return {
    source: 'pem',
    target: {
      text: name,
      protocol: 'file',
      host: canonicalHost,
      port: undefined,
      path: undefined,
      pathBytes: undefined,
    },
    startedAt: undefined,
    lookup: undefined,
    tcp: [],
    connections: [connectionWith(certificates, canonicalHost)],
    otherAddresses: [],
    withheld: undefined,
  }
}

/**
 * Size of a TLS 1.2 Certificate message with its 4-byte header, RFC 5246 §7.4.2: a 3-byte length for the list and
 * one for each certificate.
 */
export function certificateMessageBytes(certificates: readonly Uint8Array[]): number {
  return 4 + 3 + certificates.reduce((sum, der) => sum + 3 + der.length, 0)
}

function connectionWith(certificates: readonly Uint8Array[], host: string | undefined): Connection {
  const messageBytes = certificateMessageBytes(certificates)
  const chain = { certificates, messageBytes, records: undefined, largestRecordBytes: undefined }
  return { ...emptyConnection, host, chain }
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
