import type { Finding } from '../finding/finding.ts'
import type { CertificateRow, CertificatesRead } from '../judge/read-certificates.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Json } from '../observe/observation-json.ts'
import type { ChainWalk } from '../trust/walk-chain.ts'
import type { PieceFault } from '../x509/material.ts'
import { keyWords, materialFixes, missingWords } from './certificates-words.ts'
import { plain, verdictJson } from './json.ts'
import { formatSentence, formatTitle } from './words.ts'

type JsonObject = { readonly [key: string]: Json }

const shownNames = 50

export interface CertificatesToShow extends CertificatesRead {
  readonly name: string
  readonly verdicts: readonly Verdict[]
}

/** `tlsfit/certificates@1`: what `tlsfit explain FILE --format json` prints of certificates. */
export function certificatesJson(explained: CertificatesToShow): JsonObject {
  const { material, walk, name, verdicts } = explained
  const device = verdicts[0]?.device
  return {
    schema: 'tlsfit/certificates@1',
    input: 'pem',
    form: material.form,
    name,
    sizes: { ...explained.sizes },
    certificates: explained.rows.map(rowJson),
    path: walk === undefined ? [] : pathJson(walk, explained),
    roots:
      walk?.roots.map(({ root, indexes, bytes, besideTwin }) => ({
        id: root.id,
        subject: subjectOf(root.certificate),
        sha256: root.certificate.sha256,
        through: [...indexes],
        pathBytes: bytes,
        crossSigned: besideTwin,
        distrustedFrom: root.distrustedFrom?.toISOString() ?? null,
      })) ?? [],
    missing: explained.missing.map((part) => {
      const { what, command } = missingWords(part, name)
      return { needs: part.needs, why: what, command: command ?? null }
    }),
    findings: explained.findings.map((finding) => ({
      id: finding.id,
      cause: finding.cause ?? null,
      effect: finding.effect,
      stage: finding.stage,
      title: formatTitle(finding.id),
      sentence: formatSentence(finding, 'pem'),
      details: plain(finding.details),
      fixes: fixesJson(finding, explained, device),
    })),
    unread: material.pieces
      .filter(({ certificate }) => certificate === undefined)
      .map(({ line, encoding, textBytes, faults }) => ({
        line: line ?? null,
        encoding,
        textBytes,
        faults: faults.map(faultJson),
      })),
    secrets: material.secrets.map(({ kind, line, certificates }) => ({
      kind,
      line: line ?? null,
      belongsTo: certificates === undefined ? null : [...certificates],
    })),
    others: material.others.map((other) => ({ ...other })),
    session: material.session === undefined ? null : plain(material.session),
    stored: explained.stored.map(({ securityTag, type, sha256, line, is }) => ({
      securityTag,
      type,
      sha256: sha256 ?? null,
      line,
      is: is === undefined ? null : { ...is },
    })),
    bounded: material.bounded,
    verdicts: verdicts.map((verdict) => verdictJson(verdict)),
  }
}

function rowJson(row: CertificateRow): JsonObject {
  const { certificate, piece } = row
  const names = certificate.subjectAltNames.filter(({ kind }) => kind === 'dns' || kind === 'ip')
  return {
    subject: certificate.subject.text,
    issuer: certificate.issuer.text,
    derBytes: certificate.der.length,
    textBytes: piece.textBytes,
    role: row.role,
    sha256: certificate.sha256,
    line: piece.line ?? null,
    encoding: piece.encoding,
    chainIndex: row.chainIndex ?? null,
    anchor: row.anchor,
    use: piece.use === undefined ? null : { as: piece.use.as, sure: piece.use.sure, by: piece.use.by },
    knownRoot: row.knownRoot?.id ?? null,
    isCa: certificate.isCa,
    notBefore: plain(certificate.notBefore),
    notAfter: plain(certificate.notAfter),
    key: keyWords(certificate.publicKey),
    signatureAlgorithm: certificate.signatureAlgorithm,
    serialHex: certificate.serialHex,
    names: names.slice(0, shownNames).map(({ value }) => value),
    namesTotal: names.length,
    oddities: [...certificate.oddities],
    faults: piece.faults.map(faultJson),
  }
}

/** The certificates given, then the anchor, or what is not there. Indexes count within the chain. */
function pathJson(walk: ChainWalk, { chain }: CertificatesRead): Json[] {
  const steps: Json[] = walk.indexes.map((index) => {
    const certificate = chain[index]!
    return {
      index,
      subject: subjectOf(certificate),
      sha256: certificate.sha256,
      derBytes: certificate.der.length,
      from: 'given',
    }
  })
  const { top } = walk
  if (top.kind === 'self-signed') return steps
  if (top.kind === 'missing') {
    const subject = top.issuer.commonName ?? top.issuer.text
    return [...steps, { index: null, subject, sha256: null, derBytes: null, from: 'missing' }]
  }
  const { certificate } = top.kind === 'anchor' ? top.anchor : top.root
  const given = chain.findIndex(({ sha256 }) => sha256 === certificate.sha256)
  // A self-signed leaf, or a root alone, is its own anchor.
  if (walk.indexes.includes(given)) return steps
  const step = {
    index: given < 0 ? null : given,
    subject: subjectOf(certificate),
    sha256: certificate.sha256,
    derBytes: certificate.der.length,
    from: top.kind,
    ...(top.kind === 'known-root' ? { id: top.root.id } : { label: top.anchor.label }),
  }
  return [...steps, step]
}

function fixesJson(
  finding: Finding,
  { name }: CertificatesToShow,
  device: Verdict['device'] | undefined,
): Json[] {
  return materialFixes(finding, device, name).map(({ id, title, commands }) => ({
    id,
    title,
    commands: [...commands],
  }))
}

function faultJson(fault: PieceFault): Json {
  return plain(fault)
}

function subjectOf({ subject }: CertificateRow['certificate']): string {
  return subject.commonName ?? subject.text
}
