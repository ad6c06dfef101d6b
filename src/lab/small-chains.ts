import type { KeyObject } from 'node:crypto'
import {
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  subjectAltName,
} from '../issue/certificate-extensions.ts'
import { type IssuedCertificate, issueCertificate, type NameToWrite } from '../issue/issue-certificate.ts'
import type { ChainOptions, LabChain } from './chains.ts'

/*
 * Certificates kept as small as they go: what a front server needs, what `openssl req -x509` makes, and what
 * a device shows of itself.
 */

const DAY_MS = 86_400_000

/**
 * A P-256 leaf and a P-256 issuing CA under `root`, which the devices already hold: in life a certificate
 * from a public CA under that root, with a small chain. About 1.1 kB together.
 */
export async function makeFrontChain(
  host: string,
  root: IssuedCertificate,
  options: ChainOptions,
): Promise<LabChain> {
  const [caKey, leafKey] = await Promise.all([
    options.keys.take('p256', 'front CA'),
    options.keys.take('p256', 'front'),
  ])
  const name: NameToWrite = [
    ['O', 'Digilab Inc.'],
    ['CN', 'Digilab TLS ECC P256 CA1'],
  ]
  const ca = issueCa(name, caKey, root, options.now)
  return { sent: [issueLeaf(host, leafKey, ca, options.now), ca], root }
}

/** An RSA-2048 leaf right under a CA of one's own, whose PEM stays below 1,475 bytes. */
export async function makeOwnChain(host: string, options: ChainOptions): Promise<LabChain> {
  const [caKey, leafKey] = await Promise.all([
    options.keys.take('rsa-2048', 'own CA'),
    options.keys.take('rsa-2048', 'own front'),
  ])
  const root = issueCa([['CN', 'Workshop gateway CA']], caKey, undefined, options.now)
  return { sent: [issueLeaf(host, leafKey, root, options.now)], root }
}

/**
 * What `openssl req -x509 -newkey rsa:2048 -subj /CN=…` makes: a self-signed CA certificate with a CN and no
 * subjectAltName. Another `role` is another key.
 */
export async function makeSelfSigned(
  commonName: string,
  role: string,
  { keys, now }: ChainOptions,
): Promise<IssuedCertificate> {
  const key = await keys.take('rsa-2048', `self-signed ${role}`)
  return issueCertificate({
    ...common(now, `self-signed ${role}`),
    subject: [['CN', commonName]],
    key,
    issuer: undefined,
    serialBytes: 20,
    extensions: [basicConstraints(true)],
  })
}

/** A device's own certificate under a fleet CA, and that CA for the server to ask for. */
export async function makeDeviceCertificate(
  thing: string,
  { keys, now }: ChainOptions,
): Promise<{ readonly certificate: IssuedCertificate; readonly ca: IssuedCertificate }> {
  const [caKey, key] = await Promise.all([
    keys.take('p256', 'fleet CA'),
    keys.take('p256', `device ${thing}`),
  ])
  const ca = issueCa([['CN', 'Fleet CA']], caKey, undefined, now)
  const certificate = issueCertificate({
    ...common(now, thing),
    subject: [['CN', thing]],
    key,
    issuer: ca,
    extensions: [keyUsage('digitalSignature'), extendedKeyUsage('clientAuth'), basicConstraints(false)],
  })
  return { certificate, ca }
}

/** PKCS #8 PEM of a key that lives in memory only. */
export function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function issueCa(
  subject: NameToWrite,
  key: KeyObject,
  issuer: IssuedCertificate | undefined,
  now: Date,
): IssuedCertificate {
  return issueCertificate({
    ...common(now, subject.map(([, value]) => value).join()),
    notAfter: wholeSeconds(now.getTime() + 3_000 * DAY_MS),
    subject,
    key,
    issuer,
    extensions: [
      basicConstraints(true, issuer === undefined ? undefined : 0),
      keyUsage('digitalSignature', 'keyCertSign', 'cRLSign'),
    ],
  })
}

function issueLeaf(host: string, key: KeyObject, issuer: IssuedCertificate, now: Date): IssuedCertificate {
  return issueCertificate({
    ...common(now, host),
    subject: [['CN', host]],
    key,
    issuer,
    extensions: [
      keyUsage('digitalSignature'),
      extendedKeyUsage('serverAuth'),
      basicConstraints(false),
      subjectAltName([host, 'localhost']),
    ],
  })
}

function common(now: Date, seed: string) {
  return {
    hash: 'sha256',
    notBefore: wholeSeconds(now.getTime() - DAY_MS),
    notAfter: wholeSeconds(now.getTime() + 300 * DAY_MS),
    serialBytes: 16,
    keyIds: true,
    seed,
  } as const
}

function wholeSeconds(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000)
}
