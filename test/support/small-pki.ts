import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { basicConstraints, subjectAltName } from '../../src/issue/certificate-extensions.ts'
import { type IssuedCertificate, issueCertificate } from '../../src/issue/issue-certificate.ts'
import type { Certificate } from '../../src/x509/certificate.ts'
import { decodeCertificate } from '../../src/x509/decode-certificate.ts'

/** A certificate, of a key on P-256 unless said otherwise, for a test of the judge, with what issued it. */
export interface SmallCertificate extends Certificate {
  readonly issued: IssuedCertificate
}

export interface SmallRecipe {
  readonly name: string
  /** undefined: self-signed. */
  readonly issuer?: SmallCertificate
  readonly ca?: boolean
  /** Empty: no subjectAltName. */
  readonly altNames?: readonly string[]
  readonly notBefore?: string
  readonly notAfter?: string
  /** Two recipes with the same key name share a key; the name of the subject unless given. */
  readonly key?: string
  /** An RSA key of that size. */
  readonly rsaBits?: number
}

/** Valid from 2026-01-01 to 2027-01-01 unless said otherwise; no key identifiers. */
export function small(recipe: SmallRecipe): SmallCertificate {
  const { name, issuer, ca = false, altNames, key = name } = recipe
  const issued = issueCertificate({
    subject: [['CN', name]],
    key: keyOf(key, recipe.rsaBits),
    issuer: issuer && { subject: issuer.issued.subject, key: issuer.issued.key },
    hash: 'sha256',
    notBefore: new Date(recipe.notBefore ?? '2026-01-01T00:00:00Z'),
    notAfter: new Date(recipe.notAfter ?? '2027-01-01T00:00:00Z'),
    serialBytes: 16,
    keyIds: false,
    extensions: [
      ...(ca ? [basicConstraints(true)] : []),
      ...(altNames?.length ? [subjectAltName(altNames)] : []),
    ],
    seed: JSON.stringify([name, key, recipe.notAfter, issuer?.sha256]),
  })
  return { ...decodeCertificate(issued.der), issued }
}

const keys = new Map<string, KeyObject>()

function keyOf(name: string, rsaBits: number | undefined): KeyObject {
  const key = keys.get(name) ?? newKey(rsaBits)
  keys.set(name, key)
  return key
}

function newKey(rsaBits: number | undefined): KeyObject {
  if (rsaBits === undefined) return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  return generateKeyPairSync('rsa', { modulusLength: rsaBits }).privateKey
}
