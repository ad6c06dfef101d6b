import { findCipherSuite } from '../tls/cipher-suites.ts'
import { parseNamedGroup } from '../tls/named-groups.ts'
import { findSignatureScheme, parseSignatureScheme } from '../tls/signature-schemes.ts'
import type { FrontRules, IdentityKind } from './front.ts'
import type { HelloFacts } from './hello-facts.ts'
import { isServed } from './served-suites.ts'

/** What the choice needs to know of the listener. */
export interface Offer {
  readonly kinds: ReadonlySet<IdentityKind>
  /** Curve of the ECDSA key, as TLS names it: `secp256r1`. */
  readonly ecdsaCurve: string | undefined
  readonly rules: Pick<FrontRules, 'maxVersion' | 'oldSuites'>
}

/**
 * ECDSA where the client can take it, else RSA. With one identity, or where neither will do, the one that is there:
 * OpenSSL then refuses in the protocol's own words.
 */
export function chooseIdentity(facts: HelloFacts | undefined, offer: Offer): IdentityKind {
  if (!offer.kinds.has('rsa')) return 'ecdsa'
  if (!offer.kinds.has('ecdsa')) return 'rsa'
  if (facts === undefined) return 'rsa'
  const takes = facts.offersTls13 && offer.rules.maxVersion === 'TLSv1.3' ? takesIn13 : takesIn12
  return takes(facts, offer) ? 'ecdsa' : 'rsa'
}

/** In TLS 1.3 a signature scheme names its curve, and suites say nothing of the key: RFC 8446 §4.2.3. */
function takesIn13({ signatureAlgorithms }: HelloFacts, { ecdsaCurve }: Offer): boolean {
  const scheme = schemeOfCurve[ecdsaCurve ?? '']
  return scheme !== undefined && (signatureAlgorithms ?? []).includes(parseSignatureScheme(scheme)!)
}

const schemeOfCurve: Readonly<Record<string, string>> = {
  secp256r1: 'ecdsa_secp256r1_sha256',
  secp384r1: 'ecdsa_secp384r1_sha384',
  secp521r1: 'ecdsa_secp521r1_sha512',
}

/**
 * Suite, signature and curve must all be offered: RFC 8422 §5.1 holds supported_groups for the certificate's curve,
 * too. Without signature_algorithms a client takes SHA-1 only, RFC 5246 §7.4.1.4.1, and without supported_groups
 * any curve.
 */
function takesIn12(facts: HelloFacts, { ecdsaCurve, rules }: Offer): boolean {
  const { signatureAlgorithms, supportedGroups, cipherSuites } = facts
  const group = parseNamedGroup(ecdsaCurve ?? '')
  const curveFits = supportedGroups === undefined || (group !== undefined && supportedGroups.includes(group))
  const signs =
    signatureAlgorithms === undefined ? rules.oldSuites : signatureAlgorithms.some(isEcdsa(rules.oldSuites))
  return curveFits && signs && cipherSuites.some((code) => isEcdsaSuite(code, rules.oldSuites))
}

function isEcdsa(withSha1: boolean): (code: number) => boolean {
  return (code) => {
    const algorithm = findSignatureScheme(code)?.algorithm
    if (algorithm?.kind !== 'ecdsa') return false
    return algorithm.hash !== 'md5' && (withSha1 || algorithm.hash !== 'sha1')
  }
}

/** One of TLS 1.2 that is served with such a key. */
function isEcdsaSuite(code: number, oldSuites: boolean): boolean {
  return findCipherSuite(code)?.auth === 'ecdsa' && isServed(code, { kinds: ecdsaOnly, oldSuites })
}

const ecdsaOnly: ReadonlySet<IdentityKind> = new Set(['ecdsa'])
