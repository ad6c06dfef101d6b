import type { Effect } from '../finding/finding.ts'
import type { Certificate } from '../x509/certificate.ts'
import { signatureParts } from '../x509/oids.ts'
import { subjectAt } from './chain-size.ts'
import { frontSmallChain } from './fixes.ts'
import { type Draft, draft, fix, type Rule } from './rule.ts'
import type { ChainRead, Scene } from './scene.ts'

/** Extensions that every verifier reads, RFC 5280 §4.2. */
const everyoneReads: ReadonlySet<string> = new Set([
  'basicConstraints',
  'keyUsage',
  'extKeyUsage',
  'subjectAltName',
])

/** Hashes that no public CA signs with any more, and that stacks of today refuse: RFC 9155, CA/B Forum BR §7.1.3.2. */
const brokenHashes: ReadonlySet<string> = new Set(['md2', 'md5', 'sha1'])

/** path: what the certificates of the path may be used for, and what they ask of a verifier. RFC 5280 §6.1. */
export const issuingRules: readonly Rule[] = [
  {
    stage: 'path',
    needs: ['chain', 'leaf'],
    judge(scene) {
      const chain = scene.leg.chain!
      const walked = walkedOver(chain)
      return {
        findings: [
          ...walked.flatMap((one) => judgeCritical(scene, chain, one)),
          ...walked.flatMap((one) => judgeHash(scene, chain, one)),
          ...judgeUse(scene, chain),
          ...judgeLengths(scene, chain, walked),
        ],
      }
    },
  },
]

interface Walked {
  readonly index: number
  readonly certificate: Certificate
}

/** Those of the path; where there is none, all that were sent. */
function walkedOver(chain: ChainRead): Walked[] {
  const indexes = chain.path.used?.indexes ?? chain.certificates.map((_, index) => index)
  return indexes.flatMap((index) => {
    const certificate = chain.certificates[index]
    return certificate === undefined ? [] : [{ index, certificate }]
  })
}

/** What a verifier ought to refuse; whether one whose rules are not known does is open. */
function openEffect({ checks }: Scene): Effect {
  return checks.peer.state === 'unchecked' ? 'info' : 'unknown'
}

/** "A certificate-using system MUST reject the certificate if it encounters a critical extension it does not recognize." */
function judgeCritical(scene: Scene, chain: ChainRead, { index, certificate }: Walked): Draft[] {
  return certificate.extensions
    .filter(({ critical, name }) => critical && !everyoneReads.has(name))
    .map(({ name }) => {
      const details = { index, subject: subjectAt(chain, index), extension: name }
      const fixes = [fix('reissue-for-server'), frontSmallChain(scene, chain)]
      return draft('critical-extension', openEffect(scene), details, { fixes })
    })
}

/** Only where the profile does not say which algorithms the device takes: otherwise the chain stage has judged it. */
function judgeHash(scene: Scene, chain: ChainRead, { index, certificate }: Walked): Draft[] {
  const { signatureAlgorithm, selfIssued } = certificate
  if (scene.device.verification.certificateSignatures !== undefined) return []
  if (selfIssued || !hasBrokenHash(certificate)) return []
  const details = { index, subject: subjectAt(chain, index), algorithm: signatureAlgorithm }
  return [draft('weak-signature', openEffect(scene), details, { fixes: [fix('serve-other-key')] })]
}

export function hasBrokenHash({ signatureAlgorithm }: Certificate): boolean {
  const { hash } = signatureParts(signatureAlgorithm)
  return hash !== undefined && brokenHashes.has(hash)
}

/** keyUsage by the key exchange (RFC 5246 §7.4.2, RFC 8446 §4.4.2.2), and extKeyUsage for a server. */
function judgeUse(scene: Scene, chain: ChainRead): Draft[] {
  const { keyUsage, extendedKeyUsage } = chain.leaf!
  const found: Draft[] = []
  const subject = subjectAt(chain, 0)
  const extras = { fixes: [fix('reissue-for-server'), frontSmallChain(scene, chain)] }
  const needed = scene.leg.keyUsage
  if (keyUsage !== undefined && needed !== undefined && !keyUsage.includes(needed)) {
    const details = { subject, extension: 'keyUsage', has: keyUsage, needed }
    found.push(draft('key-usage-refused', openEffect(scene), details, extras))
  }
  const purposes = ['serverAuth', 'anyExtendedKeyUsage']
  if (extendedKeyUsage !== undefined && !extendedKeyUsage.some((one) => purposes.includes(one))) {
    const details = { subject, extension: 'extKeyUsage', has: extendedKeyUsage, needed: 'serverAuth' }
    found.push(draft('key-usage-refused', openEffect(scene), details, extras))
  }
  return found
}

/** pathLenConstraint counts the intermediates below that are not self-issued, RFC 5280 §4.2.1.9. */
function judgeLengths(scene: Scene, chain: ChainRead, walked: readonly Walked[]): Draft[] {
  if (chain.path.used === undefined) return []
  return walked.slice(1).flatMap(({ index, certificate }, above) => {
    const { pathLength } = certificate
    const below = walked.slice(1, above + 1).filter((one) => !one.certificate.selfIssued).length
    if (pathLength === undefined || below <= pathLength) return []
    const details = { index, subject: subjectAt(chain, index), pathLength, below }
    const fixes = [fix('serve-sound-chain'), frontSmallChain(scene, chain)]
    return [draft('path-length-exceeded', openEffect(scene), details, { fixes })]
  })
}
