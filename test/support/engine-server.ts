import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { decryptWithKey } from '../../src/crypto/rsa-decrypt.ts'
import { readSigner } from '../../src/crypto/signature.ts'
import { basicConstraints, subjectAltName } from '../../src/issue/certificate-extensions.ts'
import { type IssuedCertificate, issueCertificate } from '../../src/issue/issue-certificate.ts'
import { type Cut, cutEvenly } from '../../src/tls/server/cutting.ts'
import type { TlsServerOptions } from '../../src/tls/server/server-options.ts'
import { keptKey } from './kept-keys.ts'

export const HOST = 'engine.example'

const keys = {
  rsa: keptKey('rsa2048 engine'),
  p256: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  ca: keptKey('rsa2048 engine CA'),
}
const curves = { rsa: undefined, p256: 'prime256v1', p384: 'secp384r1' } as const

export type LeafKey = keyof typeof curves

/** Holds for every leaf. */
export const engineCa: IssuedCertificate = certificate('engine CA', keys.ca, undefined)

const leaves = {
  rsa: certificate(HOST, keys.rsa, engineCa),
  p256: certificate(HOST, keys.p256, engineCa),
  p384: certificate(HOST, keys.p384, engineCa),
}

/** A server of TLS 1.0 to 1.3 with a leaf of that key, its flight one message a record. */
export function engineOptions(
  leafKey: LeafKey = 'rsa',
  {
    means = {},
    ...others
  }: Partial<Omit<TlsServerOptions, 'means'>> & {
    readonly means?: Partial<TlsServerOptions['means']>
  } = {},
): TlsServerOptions {
  const pem = keys[leafKey].export({ type: 'pkcs8', format: 'pem' }) as string
  return {
    means: {
      maxVersion: 0x0304,
      leafKey: leafKey === 'rsa' ? 'rsa' : 'ecdsa',
      leafCurve: curves[leafKey],
      groups: undefined,
      onlyRsaKeyExchange: false,
      rsaSignature: 'pkcs1',
      ...means,
    },
    certificates: [leaves[leafKey].der],
    signer: readSigner(pem),
    decrypt: (ciphertext) => decryptWithKey(pem, ciphertext),
    seed: createHash('sha256').update('engine').digest(),
    cut: cutEvenly({ recordBytes: 16_384, merge: false }),
    agreesToSizes: false,
    ...others,
  }
}

function certificate(name: string, key: KeyObject, issuer: IssuedCertificate | undefined): IssuedCertificate {
  return issueCertificate({
    subject: [['CN', name]],
    key,
    issuer,
    hash: 'sha256',
    notBefore: new Date(0),
    notAfter: new Date(Date.now() + 1e10),
    serialBytes: 16,
    keyIds: false,
    seed: name,
    extensions: [basicConstraints(issuer === undefined), ...(issuer ? [subjectAltName([name])] : [])],
  })
}

/** All messages together in records of these sizes, in order; what is left goes in records of the last one. */
export function cutBySizes(sizes: readonly [number, ...number[]]): Cut {
  return (messages) => {
    const bytes = Buffer.concat(messages)
    const records: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += records.at(-1)!.length)
      records.push(bytes.subarray(at, at + (sizes[records.length] ?? sizes.at(-1)!)))
    return records
  }
}
