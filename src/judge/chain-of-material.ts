import { isSelfSigned } from '../trust/certificate-role.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { CertificatePiece, Material } from '../x509/material.ts'
import { useByName } from '../x509/material-use.ts'

/** What material is: a chain that a server sends, roots to be held, or both. Indexes are positions in `certificates`. */
export interface MaterialRead {
  /** Those that can be read, each with its place in `material.pieces`. What s_client shows a second time is left out. */
  readonly certificates: readonly ReadPiece[]
  /** A chain to judge, in the order of the input; empty where there is none. */
  readonly chain: readonly number[]
  /** Meant to be held as trust anchors. */
  readonly anchors: readonly number[]
  /** A set of roots: nothing leads from one to another. */
  readonly bundle: boolean
}

export interface ReadPiece {
  readonly certificate: Certificate
  readonly piece: CertificatePiece
  readonly pieceIndex: number
}

/** `name`: of the file, which may say what it is for. */
export function readMaterial(material: Material, name: string): MaterialRead {
  const certificates = material.pieces.flatMap((piece, pieceIndex) =>
    piece.certificate === undefined || piece.repeat
      ? []
      : [{ certificate: piece.certificate, piece, pieceIndex }],
  )
  const all = [...certificates.keys()]
  const bundle = certificates.length > 1 && certificates.every(isRootAlone)
  const used = (as: 'anchor' | 'own') => all.filter((index) => certificates[index]!.piece.use?.as === as)
  const anchors = bundle ? all : used('anchor')
  if (anchors.length === 0 && anchorByFile(certificates, name)) anchors.push(0)
  const rest = all.filter((index) => !anchors.includes(index) && !used('own').includes(index))
  return { certificates, chain: bundle ? [] : chainAmong(rest, material, certificates), anchors, bundle }
}

function isRootAlone({ certificate, piece }: ReadPiece): boolean {
  const mayIssue = certificate.isCa || certificate.version !== 3
  return piece.use === undefined && mayIssue && isSelfSigned(certificate)
}

/** Hostile text: escape before printing. */
export function nameOf({ subject }: Certificate): string {
  return subject.commonName ?? (subject.text || 'a certificate without a subject')
}

/** `CERT0` and `CERT1` are parts of one chain. */
function holderOf({ piece }: ReadPiece): string | number | undefined {
  return piece.use?.write?.securityTag ?? piece.use?.variable?.replace(/_?\d+$/, '')
}

/** In a program, what has a name that says nothing is a chain only where it begins with a server's certificate. */
function chainAmong(
  rest: readonly number[],
  { form }: Material,
  certificates: readonly ReadPiece[],
): readonly number[] {
  if (form !== 'source' && form !== 'modem-commands') return rest
  const leaf = rest.find((index) => !certificates[index]!.certificate.isCa)
  if (leaf === undefined) return []
  const holder = holderOf(certificates[leaf]!)
  return rest.filter((index) => holderOf(certificates[index]!) === holder)
}

/** One certificate alone, in a file that is called after a root. */
function anchorByFile(certificates: readonly ReadPiece[], name: string): boolean {
  const [first] = certificates
  const isPlain = first !== undefined && first.piece.use === undefined && certificates.length === 1
  return isPlain && useByName(name.slice(name.lastIndexOf('/') + 1)) === 'anchor'
}
