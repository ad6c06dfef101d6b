import { decodeAuthorityKeyIdentifier } from '../x509/authority-key-identifier.ts'
import type { Certificate } from '../x509/certificate.ts'
import { parseIp } from '../x509/ip-address.ts'
import { keyTypeName } from '../x509/key-type-name.ts'
import { signatureParts } from '../x509/oids.ts'
import type { Build } from './mbedtls-build.ts'
import type { StackFailure, StackReason } from './stack.ts'

/** Extensions that the parser reads; any other that is critical ends it. Mbed TLS library/oid.c, oid_x509_ext. */
const parsedExtensions: ReadonlySet<string> = new Set([
  'basicConstraints',
  'keyUsage',
  'extKeyUsage',
  'subjectAltName',
  'netscapeCertType',
  'certificatePolicies',
])
const parsedFrom3: ReadonlySet<string> = new Set(['subjectKeyIdentifier', 'authorityKeyIdentifier'])

const EMPTY_BIT_STRING_BYTES = 3
const ANY_POLICY = [0x06, 0x04, 0x55, 0x1d, 0x20, 0x00]

export interface Parsed {
  readonly certificate: Certificate
  readonly index: number
}

/** mbedtls_x509_crt_parse_der. A signature by an unknown algorithm makes it pass the certificate over in silence. */
export function parse(
  certificate: Certificate | undefined,
  index: number,
  build: Build,
): Parsed | StackFailure | 'skipped' {
  if (certificate === undefined) return refuse(index, '-0x2180', 'it cannot be read')
  if (!knowsSignature(certificate, build)) return 'skipped'
  if (lacksPssHash(certificate, build)) {
    const detail = `signed by RSASSA-PSS with ${certificate.pssHash}, which is not built in`
    return refuse(index, '-0x232E', detail, 'algorithm-unsupported')
  }
  const form = parseNameAndDates(certificate)
  if (form !== undefined) return refuse(index, form.code, form.detail)
  const key = parseKey(certificate, build)
  if (key !== undefined) {
    const refusal = refuse(index, key.code, key.detail, key.kind)
    return key.uncertain ? { ...refusal, uncertain: true } : refusal
  }
  const rest = parseExtensions(certificate, build) ?? compareAlgorithms(certificate)
  return rest === undefined ? { certificate, index } : refuse(index, rest.code, rest.detail)
}

/** mbedtls_x509_get_name of the issuer, which wants an RDN; x509_parse_time, which wants seconds and then a Z at most. */
function parseNameAndDates({ issuer, oddities }: Certificate): { code: string; detail: string } | undefined {
  if (issuer.attributes.length === 0) return { code: '-0x23E0', detail: 'an empty issuer' }
  const time = oddities.find((oddity) => /^not(Before|After) with/.test(oddity))
  return time === undefined ? undefined : { code: '-0x2400', detail: time }
}

/** MBEDTLS_ERR_X509_SIG_MISMATCH, the last that x509_crt_parse_der_core looks at. */
function compareAlgorithms({ oddities }: Certificate): { code: string; detail: string } | undefined {
  const detail = 'two signature algorithms'
  return oddities.includes(detail) ? { code: '-0x2680', detail } : undefined
}

function refuse(
  index: number,
  code: string,
  detail: string,
  kind: StackReason['kind'] = 'certificate-refused',
): StackFailure {
  return { reasons: [{ kind, index, detail }], code, alert: 42, early: true }
}

function knowsSignature({ signatureAlgorithm }: Certificate, build: Build): boolean {
  const { key, hash } = signatureParts(signatureAlgorithm)
  if (key === undefined || key === 'eddsa' || key === 'dsa') return false
  if (build.signers !== undefined && !build.signers.has(key)) return false
  // RSASSA-PSS names its hash in its parameters.
  if (key === 'rsa-pss') return true
  if (hash === undefined || hash === 'md2') return false
  return build.hashes === undefined || build.hashes.has(hash)
}

/** mbedtls_x509_get_rsassa_pss_params: unlike an algorithm that is not known, this ends the parsing. */
function lacksPssHash({ pssHash }: Certificate, { hashes }: Build): boolean {
  return pssHash !== undefined && hashes !== undefined && !hashes.has(pssHash)
}

interface KeyFault {
  readonly code: string
  readonly detail: string
  readonly kind: StackReason['kind']
  readonly uncertain?: boolean
}

function parseKey({ publicKey, oddities }: Certificate, build: Build): KeyFault | undefined {
  switch (publicKey.kind) {
    case 'rsa':
      if (publicKey.bits <= build.maxRsaBits) return undefined
      return { code: '-0x3B00', detail: `RSA key of ${publicKey.bits} bits`, kind: 'key-too-large' }
    case 'ec':
      if (isCompressed(oddities)) return compressedKey(publicKey.curve, build)
      if (build.curves === undefined || build.curves.has(publicKey.curve)) return undefined
      return { code: '-0x3A00', detail: `key on ${publicKey.curve}`, kind: 'algorithm-unsupported' }
    default:
      // pk_group_id_from_specified, which cannot tell the curve by what it is made of.
      if (oddities.includes('explicit curve parameters')) {
        return { code: '-0x3D00', detail: 'explicit curve parameters', kind: 'algorithm-unsupported' }
      }
      return {
        code: '-0x3C80',
        detail: `key of type ${keyTypeName(publicKey)}`,
        kind: 'algorithm-unsupported',
      }
  }
}

function isCompressed(oddities: readonly string[]): boolean {
  return oddities.includes('a compressed point')
}

/** mbedtls_ecp_point_read_binary: from 3.4 on, but on secp224r1, whose square roots take more. Which 3.x it is may not be known. */
function compressedKey(curve: string, { rules, addresses }: Build): KeyFault | undefined {
  const never = rules === 'mbedtls-2' || curve === 'secp224r1'
  if (!never && addresses === 'matched') return undefined
  const detail = `key on ${curve}, its point compressed`
  return { code: '-0x4E80', detail, kind: 'algorithm-unsupported', uncertain: !never }
}

function parseExtensions(
  { version, extensions, subjectAltNames, oddities }: Certificate,
  { rules }: Build,
): { code: string; detail: string } | undefined {
  // x509_get_uid looks for [1] and [2] constructed, which BIT STRINGs are not, and extensions are not found behind one.
  const detail = 'a unique identifier'
  if (oddities.includes(detail)) return { code: '-0x2562', detail }
  if (version !== 3) {
    return extensions.length > 0 ? { code: '-0x21E6', detail: 'extensions without version 3' } : undefined
  }
  const seen = new Set<string>()
  for (const extension of extensions) {
    const { name, oid, critical, value } = extension
    const reads = parsedExtensions.has(name) || (rules === 'mbedtls-3' && parsedFrom3.has(name))
    if (!reads) {
      if (critical) return { code: '-0x2562', detail: `unknown critical extension ${name}` }
      continue
    }
    if (seen.has(oid)) return { code: '-0x2500', detail: `extension ${name} twice` }
    seen.add(oid)
    // x509_get_key_usage wants a byte of bits up to 2.28.
    if (name === 'keyUsage' && rules === 'mbedtls-2' && value.length <= EMPTY_BIT_STRING_BYTES) {
      return { code: '-0x2564', detail: 'a keyUsage without bits' }
    }
    if (name === 'certificatePolicies' && critical && !onlyAnyPolicy(value)) {
      return { code: '-0x2080', detail: 'critical certificate policies' }
    }
    const content = readContent(extension, oddities)
    if (content !== undefined) return content
    const odd = subjectAltNames.some(({ kind, value }) => kind === 'ip' && parseIp(value) === undefined)
    if (name === 'subjectAltName' && rules === 'mbedtls-3' && odd) {
      return { code: '-0x2800', detail: 'an iPAddress of odd length' }
    }
  }
  return undefined
}

/**
 * MBEDTLS_ERR_X509_INVALID_EXTENSIONS and the error of ASN.1: what the readers of single extensions do not take.
 * x509_get_authority_key_id wants something in it, and issuer and serial number both or neither.
 */
function readContent(
  extension: Certificate['extensions'][number],
  oddities: readonly string[],
): { code: string; detail: string } | undefined {
  const { name } = extension
  const path = oddities.find((oddity) => oddity.startsWith('a negative path length'))
  if (name === 'basicConstraints' && path !== undefined) return { code: '-0x2564', detail: path }
  const hardware = 'a hardwareModuleName that cannot be read'
  if (name === 'subjectAltName' && oddities.includes(hardware)) return { code: '-0x2562', detail: hardware }
  if (name === 'subjectKeyIdentifier' && oddities.includes(`unreadable ${name}`)) {
    return { code: '-0x2562', detail: `a ${name} that cannot be read` }
  }
  if (name !== 'authorityKeyIdentifier') return undefined
  const { fields } = decodeAuthorityKeyIdentifier(extension)
  if (fields === undefined) return { code: '-0x2562', detail: `an ${name} that cannot be read` }
  if (fields.length === 0) return { code: '-0x2560', detail: `an empty ${name}` }
  const [issuer, serial] = [fields.includes('issuer'), fields.includes('serial')]
  if (issuer === serial) return undefined
  return issuer
    ? { code: '-0x2560', detail: `an ${name} with an issuer and no serial number` }
    : { code: '-0x2562', detail: `an ${name} with a serial number and no issuer` }
}

/** One policy, anyPolicy. */
function onlyAnyPolicy(value: Uint8Array): boolean {
  const whole = value[1] === value.length - 2 && value[3] === value.length - 4
  return whole && ANY_POLICY.every((byte, at) => value[4 + at] === byte)
}
