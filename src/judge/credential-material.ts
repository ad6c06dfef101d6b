import type { Device } from '../device/device.ts'
import type { Effect } from '../finding/finding.ts'
import type { CertificatePiece, Material, PieceFault, SecretFound } from '../x509/material.ts'
import type { MaterialInput } from './certificate-material.ts'
import { nameOf, type ReadPiece } from './chain-of-material.ts'
import { type Draft, draft, fix } from './rule.ts'

const again = { fixes: [fix('store-credential-again')] }

/** Damage, line ends, terminators and keys: what a stack stumbles over before it sends a byte. */
export function judgeCredentials(input: MaterialInput): Draft[] {
  const { material, device } = input
  return [
    ...material.pieces.flatMap((piece) => judgeDamage(piece)),
    ...material.pieces.flatMap((piece) => judgeEnds(piece, material, device)),
    ...judgeKeys(input),
  ]
}

function judgeDamage(piece: CertificatePiece): Draft[] {
  // That the base64 is short says more than that its characters do not come out even.
  const short = piece.faults.find((fault) => fault.why === 'short')
  const cut = piece.faults.some(({ why }) => why === 'no-end')
  const faults = piece.faults.filter(
    (fault) => !(short !== undefined && fault.why === 'padding') && !(cut && fault === short),
  )
  return faults.map((fault) => {
    const effect = damageEffect(piece)
    if (fault.why === 'unreadable') {
      const { field, offset, reason } = fault
      return draft('certificate-unreadable', effect, { line: piece.line, field, offset, reason }, again)
    }
    const details = damageDetails(piece, fault.why === 'no-end' && short !== undefined ? short : fault)
    return draft('pem-damaged', effect, { ...details, why: fault.why }, again)
  })
}

function damageDetails(piece: CertificatePiece, fault: Exclude<PieceFault, { why: 'unreadable' }>) {
  return {
    what: piece.encoding === 'pem' ? 'PEM block' : 'certificate',
    line: piece.line,
    why: fault.why,
    atLine: fault.why === 'not-base64' ? fault.line : undefined,
    hasBytes: fault.why === 'short' ? fault.hasBytes : fault.why === 'long' ? fault.extraBytes : undefined,
    needsBytes: fault.why === 'short' ? fault.needsBytes : undefined,
  }
}

/** What is stored on a device and cannot be read there ends the connection; what was pasted may be cut by the paste. */
function damageEffect({ certificate, use }: CertificatePiece): Effect {
  if (certificate !== undefined) return 'risks'
  return use !== undefined && use.as !== 'other' ? 'blocks' : 'unknown'
}

function judgeEnds(piece: CertificatePiece, material: Material, device: Device | undefined): Draft[] {
  const { certificate, use } = piece
  if (use === undefined) return []
  const subject = certificate === undefined ? 'A certificate' : nameOf(certificate)
  const found: Draft[] = []
  const { by, write, variable } = use
  if (write !== undefined && piece.carriageReturns > 0) {
    const details = { subject, by, carriageReturns: piece.carriageReturns }
    found.push(draft('credential-line-ends', 'unknown', details, again))
  }
  const ends = (lacks: 'nul-array' | 'nul-length' | 'line', effect: Effect) =>
    draft('credential-not-terminated', effect, { subject, by, lacks }, again)
  if (piece.unterminated) found.push(ends('nul-array', nulEffect(device)))
  const length = material.lengthsWithoutNul.find((each) => each.variable === variable)
  if (length !== undefined && piece.encoding === 'pem') {
    // Zephyr hands the length to the stack that it was built with, and to modems that count without the NUL.
    const effect = length.call === 'tls_credential_add' ? nulEffect(device) : 'blocks'
    const details = { subject, by: `${variable} (${length.call})`, lacks: 'nul-length' } as const
    found.push(draft('credential-not-terminated', effect, details, again))
  }
  if (!piece.endsLine && piece.encoding === 'pem' && use.as !== 'other') found.push(ends('line', 'info'))
  return found
}

/** Mbed TLS needs the NUL; wolfSSL and BearSSL go by the length. */
function nulEffect(device: Device | undefined): Effect {
  const rules = device?.build.rules?.value
  if (rules === undefined) return 'unknown'
  return rules.startsWith('mbedtls') ? 'blocks' : 'info'
}

function judgeKeys({ material, read }: MaterialInput): Draft[] {
  return material.secrets.flatMap((secret) => {
    if (secret.certificates === undefined || !secret.kind.includes('PRIVATE KEY')) return []
    const candidates = read.certificates.filter((one) =>
      mayBelong(one, secret, read.anchors, read.certificates),
    )
    const [first] = candidates
    if (first === undefined) return []
    if (candidates.some(({ pieceIndex }) => secret.certificates?.includes(pieceIndex))) return []
    const subject = nameOf(first.certificate)
    const details = { key: secret.kind, line: secret.line, subject, certificates: candidates.length }
    return [draft('key-mismatch', 'blocks', details, { fixes: [fix('provision-client-certificate')] })]
  })
}

/** The certificates that the key could be that of: no CA, no anchor, and under the same security tag if it has one. */
function mayBelong(
  one: ReadPiece,
  secret: SecretFound,
  anchors: readonly number[],
  all: readonly ReadPiece[],
): boolean {
  if (one.certificate.isCa || anchors.includes(all.indexOf(one))) return false
  const tag = secret.use?.write?.securityTag
  return tag === undefined || one.piece.use?.write === undefined || one.piece.use.write.securityTag === tag
}
