import { unlessBroken } from '../codec/decode-error.ts'
import type { Device } from '../device/device.ts'
import { decodeAuthorityKeyIdentifier } from '../x509/authority-key-identifier.ts'
import type { Certificate } from '../x509/certificate.ts'
import { DerReader } from '../x509/der.ts'
import { readOid } from '../x509/der-values.ts'
import { parseIp } from '../x509/ip-address.ts'
import { keyTypeName } from '../x509/key-type-name.ts'
import { signatureAlgorithms, signatureParts } from '../x509/oids.ts'
import type { StackReason } from './stack.ts'

/** wolfssl/wolfcrypt/error-crypt.h and wolfssl/error-ssl.h. */
export const wolfsslCodes = {
  MP_EXPTMOD_E: -112,
  MEMORY_E: -125,
  BUFFER_E: -132,
  ALGO_ID_E: -133,
  ASN_PARSE_E: -140,
  ASN_VERSION_E: -141,
  ASN_OBJECT_ID_E: -144,
  ASN_UNKNOWN_OID_E: -148,
  ASN_BEFORE_DATE_E: -150,
  ASN_AFTER_DATE_E: -151,
  ASN_SIG_OID_E: -152,
  ASN_SIG_CONFIRM_E: -155,
  ASN_CRIT_EXT_E: -160,
  ASN_ALT_NAME_E: -161,
  ASN_ECC_KEY_E: -171,
  ECC_CURVE_OID_E: -172,
  ASN_NO_SIGNER_E: -188,
  ASN_NAME_INVALID_E: -198,
  HASH_TYPE_E: -232,
  ASN_PATHLEN_INV_E: -238,
  ASN_SELF_SIGNED_E: -275,
  DOMAIN_NAME_MISMATCH: -322,
  BUFFER_ERROR: -328,
  PEER_KEY_ERROR: -342,
  NOT_CA_ERROR: -357,
  MAX_CHAIN_ERROR: -368,
  KEYUSE_SIGNATURE_E: -383,
  KEYUSE_ENCIPHER_E: -385,
  EXTKEYUSE_AUTH_E: -386,
  HANDSHAKE_SIZE_ERROR: -404,
  RSA_KEY_SIZE_E: -409,
  ECC_KEY_SIZE_E: -410,
  DECODE_E: -416,
  INVALID_PARAMETER: -425,
} as const
export type WolfsslCode = keyof typeof wolfsslCodes

/** What stops one certificate. */
export interface Fault {
  readonly code: WolfsslCode
  readonly kind: StackReason['kind']
  readonly detail?: string
  /** The source does not settle what becomes of it. */
  readonly uncertain?: boolean
}

export interface WolfsslBuild {
  /** OPENSSL_ALL. */
  readonly layer: boolean
  readonly alternativeChains: boolean
  readonly hashes: ReadonlySet<string> | undefined
  /** Kinds of key that signatures are made with; undefined: all. */
  readonly signers: ReadonlySet<string> | undefined
  readonly curves: ReadonlySet<string> | undefined
  readonly minRsaBits: number
  readonly maxRsaBits: number
  readonly chainDepth: number
}

/** MAX_CHAIN_DEPTH, WOLFSSL_MIN_RSA_BITS and RSA_MAX_SIZE as the library has them. */
const defaults = { chainDepth: 9, minRsaBits: 1024, maxRsaBits: 4096 }

/** `layer` undefined: the profile does not say. */
export function readWolfsslBuild({
  build,
  limits,
  verification,
}: Device): Omit<WolfsslBuild, 'layer'> & { readonly layer: boolean | undefined } {
  const listed = verification.certificateSignatures?.value
  const layer = build.compatibilityLayer?.value
  return {
    layer: layer === undefined ? undefined : layer === 'built-in',
    alternativeChains: build.alternativeChains?.value === 'tried',
    hashes: listed && new Set(listed.flatMap((name) => signatureParts(name).hash ?? [])),
    signers: listed && new Set(listed.map((name) => String(signatureParts(name).key))),
    curves: build.certificateGroups && new Set(build.certificateGroups.value),
    minRsaBits: figure(limits.rsaKeyBitsMin?.value) ?? defaults.minRsaBits,
    maxRsaBits: figure(limits.rsaKeyBits?.value) ?? defaults.maxRsaBits,
    chainDepth: figure(limits.chainCertificates?.value) ?? defaults.chainDepth,
  }
}

function figure(value: number | 'unlimited' | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** DecodeToKey and DecodeCertExtensions: what keeps a certificate from being read at all, whatever signed it. */
export function parseFault(certificate: Certificate, build: WolfsslBuild): Fault | undefined {
  const form = formFault(certificate) ?? nameFault(certificate, build)
  return form ?? keyFault(certificate, build) ?? extensionFault(certificate, build)
}

/** EXTERNAL_SERIAL_SIZE. */
const MAX_SERIAL_BYTES = 32
/** A path length is read into one byte, and is no negative number there. */
const MAX_PATH_LENGTH = 127

/** DecodeCertInternal: what of the form of a certificate its templates do not take. */
function formFault({ serialHex, pathLength, oddities }: Certificate): Fault | undefined {
  const algorithms = 'two signature algorithms'
  if (oddities.includes(algorithms)) {
    return { code: 'ASN_SIG_OID_E', kind: 'certificate-refused', detail: algorithms }
  }
  const tooLong = serialHex.length > 2 * MAX_SERIAL_BYTES ? 'a serial number over 32 bytes' : undefined
  const path =
    pathLength !== undefined && pathLength > MAX_PATH_LENGTH ? `a path length of ${pathLength}` : undefined
  const detail = tooLong ?? path ?? oddities.find((oddity) => unread.has(oddity))
  return detail === undefined ? undefined : { code: 'ASN_PARSE_E', kind: 'certificate-refused', detail }
}

const unread: ReadonlySet<string> = new Set([
  'a unique identifier',
  'serialNumber in more bytes than it needs',
  'notBefore without seconds',
  'notAfter without seconds',
  'a negative path length of several bytes',
])

/** authKeyIdASN: the template wants at least one of its items. */
function keyIdFault({ extensions, oddities }: Certificate): Fault | undefined {
  const refused = (detail: string): Fault => ({ code: 'ASN_PARSE_E', kind: 'certificate-refused', detail })
  const own = 'unreadable subjectKeyIdentifier'
  if (oddities.includes(own)) return refused(own)
  const extension = extensions.find(({ name }) => name === 'authorityKeyIdentifier')
  const fields = extension && decodeAuthorityKeyIdentifier(extension).fields
  return fields?.length === 0 ? refused('an empty authorityKeyIdentifier') : undefined
}

const DSA = '1.2.840.10040.4.1'
export const RSASSA_PSS = signatureAlgorithms['RSASSA-PSS'].oid

function keyFault(
  { publicKey, oddities }: Certificate,
  { curves, signers }: WolfsslBuild,
): Fault | undefined {
  switch (publicKey.kind) {
    case 'rsa':
      return undefined
    case 'ec':
      if (curves === undefined || curves.has(publicKey.curve)) return undefined
      return { code: 'ECC_CURVE_OID_E', kind: 'algorithm-unsupported', detail: `key on ${publicKey.curve}` }
    case 'ed25519':
    case 'ed448': {
      if (signers?.has('eddsa')) return undefined
      const detail = `key of type ${publicKey.kind}`
      return {
        code: 'ASN_UNKNOWN_OID_E',
        kind: 'algorithm-unsupported',
        detail,
        uncertain: signers === undefined,
      }
    }
    case 'unknown':
      if (oddities.includes('explicit curve parameters') || hasPssParameters(publicKey)) {
        const detail =
          publicKey.oid === RSASSA_PSS ? 'an RSASSA-PSS key with parameters' : 'explicit curve parameters'
        return { code: 'ASN_PARSE_E', kind: 'algorithm-unsupported', detail }
      }
      if (publicKey.oid === RSASSA_PSS && signers?.has('rsa-pss')) return undefined
      return {
        code: 'ASN_UNKNOWN_OID_E',
        kind: 'algorithm-unsupported',
        detail: `key of type ${keyTypeName(publicKey)}`,
        uncertain: publicKey.oid === DSA || publicKey.oid === RSASSA_PSS,
      }
  }
}

/** RFC 4055 §1.2: a key may be bound to parameters, for which the template of a public key has no place. */
function hasPssParameters(key: Extract<Certificate['publicKey'], { kind: 'unknown' }>): boolean {
  if (key.oid !== RSASSA_PSS) return false
  const bound = unlessBroken(() => {
    const algorithm = new DerReader(key.spki, 'spki', new Set()).sequence('info').sequence('algorithm')
    readOid(algorithm, 'oid')
    return !algorithm.atEnd
  })
  return bound ?? true
}

/** DecodeExtensionType: extensions that it reads, or passes over even where they are critical. */
const knownExtensions: ReadonlySet<string> = new Set([
  'basicConstraints',
  'cRLDistributionPoints',
  'authorityInfoAccess',
  'subjectAltName',
  'authorityKeyIdentifier',
  'subjectKeyIdentifier',
  'certificatePolicies',
  'keyUsage',
  'extKeyUsage',
  'nameConstraints',
  'inhibitAnyPolicy',
  'netscapeCertType',
  'policyConstraints',
])
/** HAVE_OCSP, WOLFSSL_SUBJ_DIR_ATTR and WOLFSSL_SUBJ_INFO_ACC, which come with the builds that have the layer. */
const knownWithLayer: ReadonlySet<string> = new Set([
  'ocspNoCheck',
  'subjectDirectoryAttributes',
  'subjectInfoAccess',
])
/** Not counted by VERIFY_AND_SET_OID. */
const mayRepeat: ReadonlySet<string> = new Set(['netscapeCertType', 'certificatePolicies'])

/** WC_MAX_NAME_ENTRIES of the layer, which keeps names as the application may ask for them. */
const MAX_NAME_ENTRIES = 16

/** wolfSSL_X509_NAME_add_entry, from GetRDN. */
function nameFault({ issuer, subject }: Certificate, { layer }: WolfsslBuild): Fault | undefined {
  const most = Math.max(issuer.attributes.length, subject.attributes.length)
  if (!layer || most <= MAX_NAME_ENTRIES) return undefined
  return { code: 'ASN_PARSE_E', kind: 'certificate-refused', detail: `a name of ${most} attributes` }
}

function isKnown(name: string, { layer }: WolfsslBuild): boolean {
  return knownExtensions.has(name) || (layer && knownWithLayer.has(name))
}

function extensionFault(certificate: Certificate, build: WolfsslBuild): Fault | undefined {
  const { version, extensions } = certificate
  if (extensions.length > 0 && version < 3)
    return { code: 'ASN_VERSION_E', kind: 'certificate-refused', detail: 'extensions without version 3' }
  const seen = new Set<string>()
  for (const { name } of extensions) {
    if (!isKnown(name, build)) continue
    if (seen.has(name) && !mayRepeat.has(name))
      return { code: 'ASN_OBJECT_ID_E', kind: 'certificate-refused', detail: `extension ${name} twice` }
    seen.add(name)
    if (name === 'nameConstraints' && !(certificate.isCa && seen.has('basicConstraints'))) {
      const detail = 'name constraints outside of a CA'
      return { code: 'ASN_NAME_INVALID_E', kind: 'certificate-refused', detail }
    }
  }
  // DecodeKeyUsage wants at least one byte of bits.
  const keyUsage = extensions.find(({ name }) => name === 'keyUsage')
  if (keyUsage !== undefined && keyUsage.value.length <= EMPTY_BIT_STRING_BYTES) {
    return { code: 'ASN_PARSE_E', kind: 'certificate-refused', detail: 'a keyUsage without bits' }
  }
  return keyIdFault(certificate) ?? altNameFault(certificate, build)
}

/** DecodeAltNames. */
function altNameFault(certificate: Certificate, build: WolfsslBuild): Fault | undefined {
  const { extensions, subjectAltNames, oddities } = certificate
  // WOLFSSL_FPKI reads what other builds pass over: DecodeOtherName.
  const hardware = 'a hardwareModuleName that cannot be read'
  if (build.layer && oddities.includes(hardware)) {
    return { code: 'ASN_PARSE_E', kind: 'certificate-refused', detail: hardware }
  }
  const extension = extensions.find(({ name }) => name === 'subjectAltName')
  if (extension?.value.length === EMPTY_SEQUENCE_BYTES) {
    return { code: 'ASN_PARSE_E', kind: 'certificate-refused', detail: 'a subjectAltName without names' }
  }
  const oddAddress = subjectAltNames.some(({ kind, value }) => kind === 'ip' && parseIp(value) === undefined)
  if (build.layer && oddAddress) {
    return { code: 'MEMORY_E', kind: 'certificate-refused', detail: 'an iPAddress of odd length' }
  }
  // WOLFSSL_FPKI, which Debian has, does without this.
  const relative = subjectAltNames.find(({ kind, value }) => kind === 'uri' && !/^[^:/]*:\/\//.test(value))
  if (relative !== undefined && !build.layer) {
    const detail = 'a relative URI as subjectAltName'
    return {
      code: 'ASN_ALT_NAME_E',
      kind: 'certificate-refused',
      detail,
      uncertain: build.layer === undefined,
    }
  }
  return undefined
}

const EMPTY_SEQUENCE_BYTES = 2
const EMPTY_BIT_STRING_BYTES = 3

/** ASN_CRIT_EXT_E is kept until all else is done. */
export function criticalFault({ extensions }: Certificate, build: WolfsslBuild): Fault | undefined {
  const refused = extensions.find(
    ({ name, critical }) =>
      critical &&
      (!isKnown(name, build) || name === 'authorityKeyIdentifier' || name === 'subjectKeyIdentifier'),
  )
  if (refused === undefined) return undefined
  const detail = isKnown(refused.name, build)
    ? `critical ${refused.name}`
    : `unknown critical extension ${refused.name}`
  return { code: 'ASN_CRIT_EXT_E', kind: 'certificate-refused', detail }
}
