import type { CalendarLink } from '../trust/calendar.ts'
import { roleOf } from '../trust/certificate-role.ts'
import { keySha256 } from '../trust/check-signature.ts'
import type { TrustStore } from '../trust/trust-store.ts'
import type { Certificate } from '../x509/certificate.ts'
import { equalBytes } from '../x509/decode-certificate.ts'
import type { Assumption } from './outlook.ts'
import { keyFrom, nameFrom, renewed, standIn } from './stand-in.ts'

/** A chain as it would be sent, with what the judge is to take each certificate for. */
export interface ChangedChain {
  readonly certificates: readonly Certificate[]
  readonly assumed: readonly Assumption[]
  /** Common names of those whose size, or whose key or signature, is not known. */
  readonly unknownSizes: readonly string[]
  readonly unknownKeys: readonly string[]
}

/** The certificates of a chain on a later day: the leaf renewed, and issuing CAs that ended before replaced by their like. */
export function renewAll(certificates: readonly Certificate[], trust: TrustStore, at: Date): ChangedChain {
  let issuers = false
  const changed = certificates.map((certificate, index) => {
    if (index === 0) return renewed(certificate, at)
    // A bridge is not renewed: with its end the chain ends elsewhere.
    const ends =
      certificate.notAfter < at && roleOf(certificate, certificates, trust.known) === 'intermediate'
    issuers ||= ends
    return ends ? renewed(certificate, at) : certificate
  })
  const assumed: Assumption[] = ['leaf-renewed', ...(issuers ? (['issuers-renewed'] as const) : [])]
  return { certificates: changed, assumed, unknownSizes: [], unknownKeys: [] }
}

export interface Reissue {
  readonly leaf: Certificate
  /** Key of the new leaf where it has another than today's, such as `EC secp256r1`. */
  readonly leafKey?: string | undefined
  readonly leafSignature: string | undefined
  /** What is sent above the leaf, in order: links, or certificates at hand. */
  readonly above: readonly (CalendarLink | Certificate)[]
  /** Certificates at hand that a link may mean. */
  readonly pool: readonly Certificate[]
  readonly trust: TrustStore
  readonly at: Date
}

/** A leaf like today's under other CA certificates. */
export function reissue({ leaf, leafKey, leafSignature, above, pool, trust, at }: Reissue): ChangedChain {
  const unknownSizes: string[] = []
  const unknownKeys: string[] = []
  const real = above.map((one) => ('der' in one ? one : pool.find((each) => isMeant(one, each))))
  const built: Certificate[] = []
  for (let index = above.length - 1; index >= 0; index--) {
    const next = built[0]
    const own = real[index]
    if (own !== undefined) {
      built.unshift(next === undefined || real[index + 1] !== undefined ? own : claimed(own, next, trust))
      continue
    }
    const link = above[index] as CalendarLink
    if (link.derBytes === undefined) unknownSizes.push(link.subject)
    if (link.key === undefined || link.signature === undefined) unknownKeys.push(link.subject)
    const twin = anchorsNamed(link.subject, trust)[0]
    const over = next ?? anchorsNamed(link.issuer ?? '', trust)[0]
    built.unshift(
      standIn({
        link,
        name: real[index - 1]?.issuer ?? twin?.subject ?? nameFrom(link.subject),
        issuer: over?.subject ?? nameFrom(link.issuer ?? 'not known'),
        // Where key or signature is not known, a kind that the device takes today; the outlook then says so.
        publicKey: twin?.publicKey ?? keyFrom(link.key ?? kindOf(leaf), link.subject),
        signatureAlgorithm: link.signature ?? leaf.signatureAlgorithm,
        signatureClaims: signedBy(next, link.issuer ?? '', trust),
        subjectKeyId: twin?.subjectKeyId,
        at,
      }),
    )
  }
  const first = built[0]
  const renewedLeaf = renewed(
    leafKey === undefined ? leaf : { ...leaf, publicKey: keyFrom(leafKey, 'leaf') },
    at,
  )
  const changedLeaf: Certificate =
    first === undefined
      ? renewedLeaf
      : {
          ...claimed(renewedLeaf, first, trust),
          issuer: first.subject,
          selfIssued: false,
          signatureAlgorithm: leafSignature ?? leaf.signatureAlgorithm,
        }
  const standing = real.some((one) => one === undefined)
  const assumed: Assumption[] = ['leaf-reissued', ...(standing ? (['stand-ins'] as const) : []), 'signatures']
  return { certificates: [changedLeaf, ...built], assumed, unknownSizes, unknownKeys }
}

/** By names and size: names alone would take the old bridge for the new one. */
function isMeant({ subject, issuer, derBytes }: CalendarLink, one: Certificate): boolean {
  return (
    one.subject.commonName === subject &&
    one.issuer.commonName === issuer &&
    (derBytes === undefined || one.der.length === derBytes)
  )
}

function claimed(certificate: Certificate, issuer: Certificate, trust: TrustStore): Certificate {
  return {
    ...certificate,
    authorityKeyId: issuer.subjectKeyId,
    signatureClaims: signedBy(issuer, issuer.subject.commonName ?? '', trust),
  }
}

/** Keys of that name: of the certificate sent, and of anchors that are its twins. */
function signedBy(issuer: Certificate | undefined, name: string, trust: TrustStore) {
  const twins = anchorsNamed(name, trust).filter(
    (one) => issuer === undefined || equalBytes(one.subject.der, issuer.subject.der),
  )
  return { signedBy: [...(issuer === undefined ? [] : [issuer]), ...twins].map(keySha256), notBy: [] }
}

/** Public roots first: what is held under a root's name is taken for it only where we do not have it. */
function anchorsNamed(name: string, { known, held }: TrustStore): Certificate[] {
  const named = (all: readonly { readonly certificate: Certificate }[]) =>
    all
      .map(({ certificate }) => certificate)
      .filter((one) => one.selfIssued && one.subject.commonName === name)
  const roots = named(known)
  return roots.length > 0 ? roots : named(held ?? [])
}

/** A kind of key in the words of the calendar. */
function kindOf({ publicKey }: Certificate): string {
  if (publicKey.kind === 'ec') return `EC ${publicKey.curve}`
  return publicKey.kind === 'rsa' ? `RSA ${publicKey.bits}` : 'EC secp256r1'
}
