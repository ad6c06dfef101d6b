import { formatHex } from '../codec/hex.ts'
import { equalBytes } from '../crypto/equal.ts'
import { hash } from '../crypto/hash.ts'
import { checkSignature } from '../trust/check-signature.ts'
import type { Certificate } from '../x509/certificate.ts'
import { DerReader, tags } from '../x509/der.ts'
import { readBitString } from '../x509/der-values.ts'
import { decodeNameConstraints, type NameConstraints, type NameSubtree } from '../x509/name-constraints.ts'
import { signatureParts } from '../x509/oids.ts'
import { otherKinds } from './dns-constraints.ts'
import { criticalFault, type Fault, parseFault, type WolfsslBuild } from './wolfssl-parse.ts'

/** WOLFSSL_MAX_PATH_LEN. */
const MAX_PATH_LENGTH = 127
/** CA_TABLE_SIZE. */
const ROWS = 11
const KEY_ID_BYTES = 20

/** A CA of the certificate manager. */
export interface Signer {
  readonly certificate: Certificate
  readonly keyId: string
  readonly maxPathLength: number
}

/** The certificate manager's table: rows by key identifier, the newest first in each. */
export class SignerTable {
  readonly #rows: Signer[][] = Array.from({ length: ROWS }, () => [])

  add(signer: Signer): void {
    this.#row(signer.keyId).unshift(signer)
  }

  has(keyId: string): boolean {
    return this.byKeyId(keyId) !== undefined
  }

  /** GetCA. */
  byKeyId(keyId: string): Signer | undefined {
    return this.#row(keyId).find((signer) => signer.keyId === keyId)
  }

  /** GetCAByName: names are compared byte by byte. */
  byName(name: Certificate['issuer']): Signer | undefined {
    return this.#rows.flat().find(({ certificate }) => equalBytes(certificate.subject.der, name.der))
  }

  #row(keyId: string): Signer[] {
    return this.#rows[Number.parseInt(keyId.slice(0, 8), 16) % ROWS]!
  }
}

/** AlreadySigner, AddCA: the identifier that a CA is kept under. */
export function keyIdOf(certificate: Certificate): string {
  const { subjectKeyId, publicKey } = certificate
  if (subjectKeyId !== undefined) return shortened(subjectKeyId)
  // Of an RSA key the RSAPublicKey is hashed, as RFC 5280 §4.2.1.2 has it; of any other all of its SubjectPublicKeyInfo.
  return sha1(publicKey.kind === 'rsa' ? keyBits(publicKey.spki) : publicKey.spki)
}

export function authorityKeyIdOf({ authorityKeyId }: Certificate): string | undefined {
  return authorityKeyId === undefined ? undefined : shortened(authorityKeyId)
}

function shortened(keyId: string): string {
  return keyId.length === 2 * KEY_ID_BYTES ? keyId : sha1(Buffer.from(keyId, 'hex'))
}

function sha1(bytes: Uint8Array): string {
  return formatHex(hash('sha1', bytes))
}

function keyBits(spki: Uint8Array): Uint8Array {
  const fields = new DerReader(spki, 'SubjectPublicKeyInfo', new Set()).sequence('key')
  fields.any('algorithm')
  return readBitString(fields, 'subjectPublicKey').bytes
}

/** ParseCertRelative: by AKID, then by the certificate's own SKID, then by name. */
function findSigner(certificate: Certificate, table: SignerTable): Signer | undefined {
  const authority = authorityKeyIdOf(certificate)
  const own = certificate.subjectKeyId === undefined ? undefined : shortened(certificate.subjectKeyId)
  const byId =
    (authority === undefined ? undefined : table.byKeyId(authority)) ??
    (own === undefined ? undefined : table.byKeyId(own))
  if (byId !== undefined && equalBytes(byId.certificate.subject.der, certificate.issuer.der)) return byId
  // With an AKID, a CA of the right name has not the right key.
  return authority === undefined ? table.byName(certificate.issuer) : undefined
}

/** `maxPathLength` as the certificate would have it as a CA. */
export interface Relative {
  readonly fault: Fault | undefined
  readonly maxPathLength: number
}

/** `verifies` false: NO_VERIFY. `anchor`: CA_TYPE, which is neither held against path lengths nor signatures. */
export function checkRelative(
  certificate: Certificate,
  table: SignerTable,
  build: WolfsslBuild,
  { verifies, anchor, now }: { verifies: boolean; anchor: boolean; now: Date | undefined },
): Relative {
  const broken = parseFault(certificate, build)
  if (broken !== undefined) return { fault: broken, maxPathLength: MAX_PATH_LENGTH }
  const checks = verifies && !anchor
  const signer = certificate.selfIssued && !checks ? undefined : findSigner(certificate, table)
  const maxPathLength = pathLengthBelow(certificate, signer)
  const length = maxPathLength ?? 0
  const dates = verifies ? dateFault(certificate, now) : undefined
  const last = dates ?? criticalFault(certificate, build)
  if (!checks) return { fault: last, maxPathLength: length }
  if (maxPathLength === undefined)
    return {
      fault: { code: 'ASN_PATHLEN_INV_E', kind: 'issuer-refused', detail: 'path length exceeded' },
      maxPathLength: length,
    }
  const fault =
    signer === undefined
      ? noSigner(certificate, build)
      : (signatureFault(certificate, signer.certificate, build) ??
        nameFault(certificate, signer.certificate, build) ??
        last)
  return { fault, maxPathLength: length }
}

/** Undefined: none is left. A self-issued certificate is not held against any, its own included. */
function pathLengthBelow(certificate: Certificate, signer: Signer | undefined): number | undefined {
  const { isCa, pathLength, keyUsage, selfIssued } = certificate
  if (selfIssued || signer === undefined) return MAX_PATH_LENGTH
  const { maxPathLength: most } = signer
  if (pathLength === undefined) return isCa ? (most > 0 ? most - 1 : undefined) : MAX_PATH_LENGTH
  if (!isCa) return pathLength
  const signs = keyUsage === undefined || keyUsage.includes('keyCertSign')
  if (signs && pathLength < most) return pathLength
  return most > 0 ? most - 1 : undefined
}

function noSigner({ selfIssued }: Certificate, { layer }: WolfsslBuild): Fault {
  if (!selfIssued) return { code: 'ASN_NO_SIGNER_E', kind: 'untrusted' }
  return { code: layer ? 'ASN_SELF_SIGNED_E' : 'ASN_NO_SIGNER_E', kind: 'untrusted' }
}

function signatureFault(
  certificate: Certificate,
  issuer: Certificate,
  build: WolfsslBuild,
): Fault | undefined {
  const { signatureAlgorithm } = certificate
  const { key, hash: digest } = signatureParts(signatureAlgorithm)
  const detail = `signed with ${signatureAlgorithm}`
  const unsupported: Fault = { code: 'HASH_TYPE_E', kind: 'algorithm-unsupported', detail }
  if (key === undefined) return { ...unsupported, uncertain: true }
  // RsaPssHashOidToMgf1: SHA-1 is what stands where no hash does, and must not be named.
  if (certificate.pssHash === 'sha1') return { ...unsupported, code: 'ASN_PARSE_E' }
  if (digest !== undefined && build.hashes !== undefined && !build.hashes.has(digest)) return unsupported
  if (build.signers !== undefined && !build.signers.has(key)) return { ...unsupported, uncertain: true }
  if (!build.layer && issuer.oddities.includes('a compressed point')) {
    const detail = 'an issuer whose key has its point compressed'
    return { code: 'ASN_ECC_KEY_E', kind: 'algorithm-unsupported', detail }
  }
  const large = largeKeyFault(certificate, issuer, build)
  if (large !== undefined) return large
  // Debian's update deb12u3 tells this case apart; upstream's 5.5.4 finds a signature that does not fit.
  if (build.layer && (key === 'ecdsa') !== (issuer.publicKey.kind === 'ec')) {
    return { code: 'ASN_SIG_OID_E', kind: 'untrusted', detail: 'key of another type than the signature' }
  }
  switch (checkSignature(certificate, issuer)) {
    case 'valid':
      return undefined
    case 'invalid':
      return { code: 'ASN_SIG_CONFIRM_E', kind: 'untrusted', detail: 'signature does not fit the issuer' }
    case 'unchecked':
      return { code: 'ASN_SIG_CONFIRM_E', kind: 'untrusted', detail, uncertain: true }
  }
}

/** MAX_ENCODED_SIG_SZ. */
const MAX_SIGNATURE_BYTES = 512

function largeKeyFault(
  { signature }: Certificate,
  { publicKey }: Certificate,
  { maxRsaBits }: WolfsslBuild,
): Fault | undefined {
  if (publicKey.kind !== 'rsa') return undefined
  const detail = `signed by an RSA key of ${publicKey.bits} bits`
  if (signature.length > MAX_SIGNATURE_BYTES) return { code: 'BUFFER_E', kind: 'key-too-large', detail }
  if (publicKey.bits <= maxRsaBits) return undefined
  return { code: 'ASN_SIG_CONFIRM_E', kind: 'key-too-large', detail, uncertain: true }
}

export function dateFault(
  { notBefore, notAfter, oddities }: Certificate,
  now: Date | undefined,
): Fault | undefined {
  if (now === undefined) return undefined
  // ExtractDate wants a Z, a plus or a minus after the seconds.
  const fraction = oddities.find((oddity) => oddity.endsWith('with a fraction of a second'))
  if (fraction !== undefined) {
    const code = fraction.startsWith('notBefore') ? 'ASN_BEFORE_DATE_E' : 'ASN_AFTER_DATE_E'
    return { code, kind: 'certificate-refused', detail: fraction }
  }
  if (notAfter < now) return { code: 'ASN_AFTER_DATE_E', kind: 'expired' }
  return notBefore > now ? { code: 'ASN_BEFORE_DATE_E', kind: 'not-yet-valid' } : undefined
}

/** ConfirmNameConstraints: dNSNames and the subject; where other names are constrained that it has, the end is open. */
function nameFault(
  certificate: Certificate,
  issuer: Certificate,
  { layer }: WolfsslBuild,
): Fault | undefined {
  const extension = issuer.extensions.find(({ name }) => name === 'nameConstraints')
  if (extension === undefined) return undefined
  const fault: Fault = { code: 'ASN_NAME_INVALID_E', kind: 'issuer-refused', detail: 'name constraints' }
  const constraints = decodeNameConstraints(extension)
  if (constraints === undefined) return { ...fault, uncertain: true }
  const names = certificate.subjectAltNames.filter(({ kind }) => kind === 'dns').map(({ value }) => value)
  if (names.some((name) => !allowsDnsName(constraints, name))) return fault
  // Debian's update deb12u3 holds the common name against them where there is no dNSName; upstream's 5.5.4 does not.
  const { commonName } = certificate.subject
  if (layer && names.length === 0 && commonName !== undefined && !allowsDnsName(constraints, commonName)) {
    return { ...fault, uncertain: true }
  }
  if (!allowsSubject(constraints, certificate)) return fault
  const kinds = otherKinds(certificate)
  const open = [...constraints.permitted, ...constraints.excluded].some(
    // Debian's update deb12u3 compares addresses, too.
    ({ kind }) => kinds.has(kind) && (kind === 'directory' || kind === 'email' || (layer && kind === 'ip')),
  )
  return open ? { ...fault, uncertain: true } : undefined
}

/** MatchBaseName, ASN_DIR_TYPE: byte by byte from the first RDN on. */
function allowsSubject({ permitted, excluded }: NameConstraints, { subject }: Certificate): boolean {
  const own = rdnsOf(subject)
  const within = ({ name }: NameSubtree) =>
    name !== undefined && equalBytes(own.subarray(0, rdnsOf(name).length), rdnsOf(name))
  if (excluded.some(within)) return false
  const bases = permitted.filter(({ kind }) => kind === 'directory')
  return bases.length === 0 || bases.some(within)
}

function rdnsOf({ der }: Certificate['subject']): Uint8Array {
  return new DerReader(der, 'Name', new Set()).expect(tags.sequence, 'rdns').value
}

function allowsDnsName({ permitted, excluded }: NameConstraints, name: string): boolean {
  // Whatever ends like the base is below it, a label or not: MatchBaseName.
  const within = (base: string) =>
    base !== '' && !name.startsWith('.') && name.toLowerCase().endsWith(base.toLowerCase())
  const bases = permitted.filter(({ kind }) => kind === 'dns')
  if (excluded.some(({ kind, base }) => kind === 'dns' && within(base))) return false
  return bases.length === 0 || bases.some(({ base }) => within(base))
}
