/** Attribute types of names: RFC 4519, RFC 5280 §4.1.2.4, CA/Browser Forum EV guidelines §9.2. */
// biome-ignore format: a table
export const attributeTypes: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.15': 'businessCategory',
  '2.5.4.17': 'postalCode',
  '2.5.4.41': 'name',
  '2.5.4.42': 'GN',
  '2.5.4.46': 'dnQualifier',
  '2.5.4.65': 'pseudonym',
  '2.5.4.97': 'organizationIdentifier',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
  '1.3.6.1.4.1.311.60.2.1.1': 'jurisdictionL',
  '1.3.6.1.4.1.311.60.2.1.2': 'jurisdictionST',
  '1.3.6.1.4.1.311.60.2.1.3': 'jurisdictionC',
}

/** Extensions: RFC 5280 §4.2, RFC 6962 §3, RFC 6960 §4.2.2.2.1, RFC 7633. */
// biome-ignore format: a table
export const extensionNames: Readonly<Record<string, string>> = {
  '2.5.29.9': 'subjectDirectoryAttributes',
  '2.5.29.14': 'subjectKeyIdentifier',
  '2.5.29.15': 'keyUsage',
  '2.5.29.16': 'privateKeyUsagePeriod',
  '2.5.29.17': 'subjectAltName',
  '2.5.29.18': 'issuerAltName',
  '2.5.29.19': 'basicConstraints',
  '2.5.29.30': 'nameConstraints',
  '2.5.29.31': 'cRLDistributionPoints',
  '2.5.29.32': 'certificatePolicies',
  '2.5.29.33': 'policyMappings',
  '2.5.29.35': 'authorityKeyIdentifier',
  '2.5.29.36': 'policyConstraints',
  '2.5.29.37': 'extKeyUsage',
  '2.5.29.46': 'freshestCRL',
  '2.5.29.54': 'inhibitAnyPolicy',
  '1.3.6.1.5.5.7.1.1': 'authorityInfoAccess',
  '1.3.6.1.5.5.7.1.11': 'subjectInfoAccess',
  '1.3.6.1.5.5.7.1.24': 'tlsFeature',
  '1.3.6.1.5.5.7.48.1.5': 'ocspNoCheck',
  '1.3.6.1.4.1.11129.2.4.2': 'signedCertificateTimestampList',
  '1.3.6.1.4.1.11129.2.4.3': 'ctPoison',
  '2.16.840.1.113730.1.1': 'netscapeCertType',
  '2.16.840.1.113730.1.13': 'netscapeComment',
}

/** Key purposes: RFC 5280 §4.2.1.12. */
// biome-ignore format: a table
export const keyPurposes: Readonly<Record<string, string>> = {
  '2.5.29.37.0': 'anyExtendedKeyUsage',
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.8': 'timeStamping',
  '1.3.6.1.5.5.7.3.9': 'OCSPSigning',
}

/** Bits of KeyUsage from bit 0, RFC 5280 §4.2.1.3. */
export const keyUsageBits = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const

export interface SignatureAlgorithm {
  readonly oid: string
  readonly key: 'rsa' | 'rsa-pss' | 'dsa' | 'ecdsa' | 'eddsa'
  /** `parameters`: RSASSA-PSS names it there; `none`: EdDSA signs the message itself. */
  readonly hash: 'md2' | 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512' | 'parameters' | 'none'
}

/** Signature algorithms of certificates: RFC 3279 §2.2, RFC 4055 §5, RFC 5758 §3, RFC 8410 §3. */
// biome-ignore format: a table
export const signatureAlgorithms = {
  md2WithRSAEncryption:    { oid: '1.2.840.113549.1.1.2',   key: 'rsa',     hash: 'md2' },
  md5WithRSAEncryption:    { oid: '1.2.840.113549.1.1.4',   key: 'rsa',     hash: 'md5' },
  sha1WithRSAEncryption:   { oid: '1.2.840.113549.1.1.5',   key: 'rsa',     hash: 'sha1' },
  sha224WithRSAEncryption: { oid: '1.2.840.113549.1.1.14',  key: 'rsa',     hash: 'sha224' },
  sha256WithRSAEncryption: { oid: '1.2.840.113549.1.1.11',  key: 'rsa',     hash: 'sha256' },
  sha384WithRSAEncryption: { oid: '1.2.840.113549.1.1.12',  key: 'rsa',     hash: 'sha384' },
  sha512WithRSAEncryption: { oid: '1.2.840.113549.1.1.13',  key: 'rsa',     hash: 'sha512' },
  'RSASSA-PSS':            { oid: '1.2.840.113549.1.1.10',  key: 'rsa-pss', hash: 'parameters' },
  'dsa-with-sha1':         { oid: '1.2.840.10040.4.3',      key: 'dsa',     hash: 'sha1' },
  'dsa-with-sha256':       { oid: '2.16.840.1.101.3.4.3.2', key: 'dsa',     hash: 'sha256' },
  'ecdsa-with-SHA1':       { oid: '1.2.840.10045.4.1',      key: 'ecdsa',   hash: 'sha1' },
  'ecdsa-with-SHA224':     { oid: '1.2.840.10045.4.3.1',    key: 'ecdsa',   hash: 'sha224' },
  'ecdsa-with-SHA256':     { oid: '1.2.840.10045.4.3.2',    key: 'ecdsa',   hash: 'sha256' },
  'ecdsa-with-SHA384':     { oid: '1.2.840.10045.4.3.3',    key: 'ecdsa',   hash: 'sha384' },
  'ecdsa-with-SHA512':     { oid: '1.2.840.10045.4.3.4',    key: 'ecdsa',   hash: 'sha512' },
  Ed25519:                 { oid: '1.3.101.112',            key: 'eddsa',   hash: 'none' },
  Ed448:                   { oid: '1.3.101.113',            key: 'eddsa',   hash: 'none' },
} as const satisfies Record<string, SignatureAlgorithm>

/** Name of a signature algorithm's OID; the OID itself when unknown. */
export function signatureAlgorithmName(oid: string): string {
  return signatureNames.get(oid) ?? oid
}

/** Key type and hash of a signature algorithm by its name; neither where it is not known. */
export function signatureParts(name: string): {
  readonly key: SignatureAlgorithm['key'] | undefined
  /** Undefined also where the algorithm has none of its own. */
  readonly hash: string | undefined
} {
  if (!Object.hasOwn(signatureAlgorithms, name)) return { key: undefined, hash: undefined }
  const { key, hash } = signatureAlgorithms[name as keyof typeof signatureAlgorithms]
  return { key, hash: hash === 'parameters' || hash === 'none' ? undefined : hash }
}

const signatureNames = new Map<string, string>(
  Object.entries(signatureAlgorithms).map(([name, { oid }]) => [oid, name]),
)

/** Elliptic curves by their names in the TLS registry: RFC 5480 §2.1.1.1, SEC 2, RFC 5639. */
// biome-ignore format: a table
export const curves: Readonly<Record<string, { name: string; bits: number }>> = {
  '1.2.840.10045.3.1.1':   { name: 'secp192r1',       bits: 192 },
  '1.3.132.0.33':          { name: 'secp224r1',       bits: 224 },
  '1.2.840.10045.3.1.7':   { name: 'secp256r1',       bits: 256 },
  '1.3.132.0.34':          { name: 'secp384r1',       bits: 384 },
  '1.3.132.0.35':          { name: 'secp521r1',       bits: 521 },
  '1.3.132.0.10':          { name: 'secp256k1',       bits: 256 },
  '1.3.36.3.3.2.8.1.1.7':  { name: 'brainpoolP256r1', bits: 256 },
  '1.3.36.3.3.2.8.1.1.11': { name: 'brainpoolP384r1', bits: 384 },
  '1.3.36.3.3.2.8.1.1.13': { name: 'brainpoolP512r1', bits: 512 },
}

/** Public key algorithms: RFC 3279 §2.3, RFC 8410 §3. */
export const keyAlgorithms = {
  rsaEncryption: '1.2.840.113549.1.1.1',
  ecPublicKey: '1.2.840.10045.2.1',
  ed25519: '1.3.101.112',
  ed448: '1.3.101.113',
} as const
