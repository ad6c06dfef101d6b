import { DecodeError } from '../codec/decode-error.ts'
import type { Certificate } from './certificate.ts'
import { decodeCertificate, MAX_CERTIFICATE_BYTES } from './decode-certificate.ts'
import type { CertificatePiece, PieceFault } from './material.ts'
import type { LineEnds, PemFault, PemPiece } from './pem-pieces.ts'
import { decodePkcs7 } from './pkcs7.ts'

/** What is known of a piece before its DER is read. */
export interface PieceParts {
  readonly encoding: CertificatePiece['encoding']
  readonly textBytes: number
  readonly line?: number
  readonly faults?: readonly PemFault[]
  readonly lineEnds?: LineEnds
}

/** Of a block of PEM. */
export function partsOf({ start, end, line, faults, lineEnds }: PemPiece): PieceParts {
  return { encoding: 'pem', textBytes: end - start, line, faults, lineEnds }
}

/** Reads the certificate; what is wrong with it becomes faults. */
export function pieceOf(
  der: Uint8Array,
  { encoding, textBytes, line, faults = [], lineEnds = 'none' }: PieceParts,
): CertificatePiece {
  const read = readDer(der, faults)
  return {
    line,
    encoding,
    textBytes,
    der: read.der,
    certificate: read.certificate,
    faults: [...faults, ...read.faults],
    lineEnds,
    carriageReturns: 0,
    endsLine: true,
    use: undefined,
    unterminated: false,
    repeat: false,
  }
}

interface DerRead {
  readonly der: Uint8Array
  readonly certificate: Certificate | undefined
  readonly faults: readonly PieceFault[]
}

function readDer(der: Uint8Array, pemFaults: readonly PemFault[]): DerRead {
  const announced = announcedBytes(der)
  if (announced !== undefined && announced > der.length && announced <= MAX_CERTIFICATE_BYTES) {
    const fault = { why: 'short', hasBytes: der.length, needsBytes: announced } as const
    return { der, certificate: undefined, faults: [fault] }
  }
  const extraBytes = announced === undefined ? 0 : der.length - announced
  const own = extraBytes > 0 ? der.subarray(0, announced) : der
  try {
    const certificate = decodeCertificate(own)
    // What is left over of a block that was cut is the text behind it.
    const cut = pemFaults.some(({ why }) => why === 'no-end')
    return { der: own, certificate, faults: extraBytes > 0 && !cut ? [{ why: 'long', extraBytes }] : [] }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    const { field, offset, message } = error
    return { der, certificate: undefined, faults: [{ why: 'unreadable', field, offset, reason: message }] }
  }
}

/** Bytes that the outermost SEQUENCE says it has with its header; undefined where it is none. */
export function announcedBytes(der: Uint8Array): number | undefined {
  const first = der[1]
  if (der[0] !== 0x30 || first === undefined) return undefined
  if (first < 0x80) return 2 + first
  const octets = first & 0x7f
  if (octets === 0 || octets > 4 || der.length < 2 + octets) return undefined
  let length = 0
  for (let i = 0; i < octets; i++) length = length * 256 + der[2 + i]!
  return 2 + octets + length
}

/** OpenSSL's TRUSTED CERTIFICATE has settings of its own behind the certificate. */
export function ownBytes({ label, bytes }: PemPiece): Uint8Array {
  return label === 'TRUSTED CERTIFICATE' ? bytes.subarray(0, announcedBytes(bytes) ?? bytes.length) : bytes
}

/** Of a SignedData, the certificates; of one that cannot be read, one piece that says why. */
export function piecesOfPkcs7(der: Uint8Array, block: PemPiece | undefined): CertificatePiece[] {
  try {
    const certificates = decodePkcs7(der)
    return certificates.map((own) => ({
      ...pieceOf(own, { encoding: 'pkcs7', textBytes: own.length }),
      line: block?.line,
    }))
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    const { field, offset, message } = error
    const faults = [{ why: 'unreadable', field, offset, reason: message }] as const
    const piece = pieceOf(der, { encoding: 'pkcs7', textBytes: der.length, faults: block?.faults ?? [] })
    return [{ ...piece, line: block?.line, faults: [...(block?.faults ?? []), ...faults] }]
  }
}
