import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import {
  authorityKeyIdentifier,
  type ExtensionToWrite,
  encodeExtension,
  subjectKeyIdentifier,
} from './certificate-extensions.ts'
import {
  armour,
  bitString,
  type Der,
  explicit,
  integer,
  objectIdentifier,
  printableString,
  sequence,
  setOf,
  time,
  utf8String,
} from './der.ts'
import { seededBytes } from './seeded-bytes.ts'
import { type HashToWrite, signatureAlgorithm, signBytes } from './signature-to-write.ts'

/** A distinguished name: attribute types and values in order, each its own RDN. */
export type NameToWrite = readonly (readonly [type: keyof typeof attributeTypes, value: string])[]

export interface CertificateRecipe {
  readonly subject: NameToWrite
  readonly key: KeyObject
  /** The issuer; undefined: self-signed with `key`. */
  readonly issuer: { readonly subject: NameToWrite; readonly key: KeyObject } | undefined
  /** Of the issuer's signature; an EC key signs with ECDSA, an RSA key with PKCS #1 v1.5 unless `pss`. */
  readonly hash: HashToWrite
  readonly pss?: boolean
  readonly notBefore: Date
  readonly notAfter: Date
  readonly serialBytes: number
  /** Whether to write subjectKeyIdentifier and, unless self-signed, authorityKeyIdentifier. */
  readonly keyIds: boolean
  /** The rest, in order; key identifiers follow. With none at all the certificate is version 1. */
  readonly extensions: readonly ExtensionToWrite[]
  /** Makes the serial number; two certificates of one issuer need two seeds. */
  readonly seed: string
}

/** A certificate the lab has made, with its private key in memory. */
export interface IssuedCertificate {
  readonly der: Uint8Array
  readonly pem: string
  readonly subject: NameToWrite
  readonly key: KeyObject
}

/** X.520 attribute types, and the string type that public CAs write them in. */
const attributeTypes = {
  C: { oid: '2.5.4.6', encode: printableString },
  ST: { oid: '2.5.4.8', encode: utf8String },
  L: { oid: '2.5.4.7', encode: utf8String },
  O: { oid: '2.5.4.10', encode: utf8String },
  OU: { oid: '2.5.4.11', encode: utf8String },
  CN: { oid: '2.5.4.3', encode: utf8String },
} as const

/** X.509 certificate, RFC 5280 §4.1, signed. Deterministic but for ECDSA signatures. */
export function issueCertificate(recipe: CertificateRecipe): IssuedCertificate {
  const signer = recipe.issuer?.key ?? recipe.key
  const signature = { signer, hash: recipe.hash, pss: recipe.pss ?? false }
  const algorithm = signatureAlgorithm(signature)
  const extensions = allExtensions(recipe, signer)
  const tbs = sequence(
    ...(extensions.length > 0 ? [explicit(0, integer(2))] : []),
    integer(serialNumber(recipe)),
    algorithm,
    encodeName(recipe.issuer?.subject ?? recipe.subject),
    sequence(time(recipe.notBefore), time(recipe.notAfter)),
    encodeName(recipe.subject),
    subjectPublicKeyInfo(recipe.key),
    ...(extensions.length > 0 ? [explicit(3, sequence(...extensions.map(encodeExtension)))] : []),
  )
  const der = sequence(tbs, algorithm, bitString(signBytes(tbs, signature)))
  return { der, pem: armour('CERTIFICATE', der), subject: recipe.subject, key: recipe.key }
}

/** Name, RFC 5280 §4.1.2.4. */
function encodeName(name: NameToWrite): Der {
  const rdns = name.map(([type, value]) => {
    const { oid, encode } = attributeTypes[type]
    return setOf(sequence(objectIdentifier(oid), encode(value)))
  })
  return sequence(...rdns)
}

/** SHA-1 over the SubjectPublicKeyInfo: 20 bytes, as nearly all public CAs have them. RFC 5280 §4.2.1.2. */
export function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha1').update(subjectPublicKeyInfo(key)).digest()
}

function allExtensions(recipe: CertificateRecipe, signer: KeyObject): readonly ExtensionToWrite[] {
  if (!recipe.keyIds) return recipe.extensions
  return [
    ...recipe.extensions,
    subjectKeyIdentifier(keyIdentifier(recipe.key)),
    ...(recipe.issuer === undefined ? [] : [authorityKeyIdentifier(keyIdentifier(signer))]),
  ]
}

/** Positive and of exactly `serialBytes`: the top bit is clear, the one below set. */
function serialNumber(recipe: CertificateRecipe): Uint8Array {
  const serial = seededBytes(`serial ${recipe.seed}`, recipe.serialBytes)
  serial[0] = (serial[0]! & 0x3f) | 0x40
  return serial
}

function subjectPublicKeyInfo(key: KeyObject): Uint8Array {
  return createPublicKey(key).export({ type: 'spki', format: 'der' })
}
