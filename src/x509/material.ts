import type { Certificate } from './certificate.ts'
import type { Use } from './material-use.ts'
import type { StoredCredential } from './modem-credentials.ts'
import type { LineEnds, PemFault } from './pem-pieces.ts'
import type { SClientSession } from './s-client-session.ts'

/** Certificates, and what was said around them, of one file or paste. */
export interface Material {
  readonly form: MaterialForm
  readonly inputBytes: number
  /** In the order of the input, those that cannot be read included. */
  readonly pieces: readonly CertificatePiece[]
  /** Where there is one, and of what kind; never what it is. */
  readonly secrets: readonly SecretFound[]
  /** PEM blocks of another kind, such as `CERTIFICATE REQUEST`. */
  readonly others: readonly { readonly label: string; readonly line: number }[]
  readonly session: SClientSession | undefined
  /** What a modem listed as stored. */
  readonly stored: readonly StoredCredential[]
  /** Lengths that the source passes beside a variable, and that leave out the NUL at its end. */
  readonly lengthsWithoutNul: readonly { readonly variable: string; readonly call: string }[]
  /** A bound was met: there may be more. */
  readonly bounded: boolean
}

export type MaterialForm =
  | 'der'
  | 'pem'
  | 'pkcs7'
  | 'pkcs12'
  | 's-client'
  | 'source'
  | 'modem-commands'
  | 'none'

export interface CertificatePiece {
  /** From 1; undefined in a binary file. */
  readonly line: number | undefined
  readonly encoding: 'der' | 'pem' | 'pkcs7' | 'byte-array'
  /** Bytes of text it takes up, with BEGIN and END; of binary, its DER. */
  readonly textBytes: number
  readonly der: Uint8Array
  readonly certificate: Certificate | undefined
  readonly faults: readonly PieceFault[]
  readonly lineEnds: LineEnds
  /** Line ends with CR that are its own: none where those of the text around it have CR too, by a transfer perhaps. */
  readonly carriageReturns: number
  /** A line feed follows END. */
  readonly endsLine: boolean
  readonly use: Use | undefined
  /** PEM in an array of bytes that no zero ends. */
  readonly unterminated: boolean
  /** s_client shows the leaf a second time, as `Server certificate`. */
  readonly repeat: boolean
}

export type PieceFault =
  | PemFault
  | { readonly why: 'short'; readonly hasBytes: number; readonly needsBytes: number }
  | { readonly why: 'long'; readonly extraBytes: number }
  | { readonly why: 'unreadable'; readonly field: string; readonly offset: number; readonly reason: string }

export interface SecretFound {
  /** Such as `EC PRIVATE KEY`. */
  readonly kind: string
  readonly line: number | undefined
  /** Positions in `pieces` of the certificates with its public key; undefined: it could not be compared. */
  readonly certificates: readonly number[] | undefined
  readonly use: Use | undefined
}
