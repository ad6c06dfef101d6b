import { createPublicKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { makeFolders } from '../io/make-folders.ts'
import {
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  subjectAltName,
} from '../issue/certificate-extensions.ts'
import { type CertificateRecipe, issueCertificate } from '../issue/issue-certificate.ts'
import { parseIp } from '../x509/ip-address.ts'
import { FrontError, type Identity } from './front.ts'
import { codeOf, nameOf, type Pair, readPair, writePair } from './pair-file.ts'

export type LocalKeyType = 'p256' | 'rsa-2048'

export interface LocalCaWish {
  /** Made where it is not there, for its owner only. */
  readonly folder: string
  readonly keyType: LocalKeyType
  /** Names and addresses that clients connect to, the most likely first; at least one. */
  readonly hosts: readonly string[]
  readonly now: Date
}

export interface LocalCa {
  readonly caPem: string
  readonly caDer: Uint8Array
  /** The leaf alone: its issuer is what devices hold. */
  readonly identity: Identity
  readonly leafDer: Uint8Array
  /** The CA was not there before: no device holds it yet. */
  readonly isNew: boolean
}

/** Before any clock: a device without a clock lives in 1970, and shall not find the certificate not yet valid. */
const NOT_BEFORE = new Date('1970-01-01T00:00:00Z')
/** Clocks of 32 bits end on 19 January 2038. */
const LAST_DAY = new Date('2037-12-31T00:00:00Z')
const YEAR_MS = 365.25 * 86_400_000
const CA_YEARS = 10
const LEAF_YEARS = 2
/** A leaf with less than this left is issued anew. */
const RENEW_MS = YEAR_MS / 4

const generate = promisify(generateKeyPair)

/**
 * The CA of a folder, made on first use and then kept, with a leaf for `hosts`: the same leaf as long as the hosts are the
 * same and it does not run out. Throws `FrontError` where files there are damaged, the system's error where it cannot be
 * written.
 */
export async function openLocalCa(wish: LocalCaWish): Promise<LocalCa> {
  await makeFolders(wish.folder, 0o700)
  const caFile = join(wish.folder, `ca-${wish.keyType}.pem`)
  const before = await readPair(caFile)
  const ca = before ?? (await makeCa(caFile, wish))
  // Nothing that devices verify could be issued under anything else.
  if (!ca.certificate.ca || !ca.certificate.verify(createPublicKey(ca.key))) {
    throw new FrontError(`${caFile} holds no root of a CA; move it away to have a new one`)
  }
  if (new Date(ca.certificate.validTo) <= wish.now) {
    throw new FrontError(
      `the CA in ${caFile} has run out; move the file away to have a new one, and load that`,
    )
  }
  const leaf = await openLeaf(ca, wish)
  return {
    caPem: ca.certPem,
    caDer: new Uint8Array(ca.certificate.raw),
    identity: { certPem: leaf.certPem, keyPem: leaf.keyPem },
    leafDer: new Uint8Array(leaf.certificate.raw),
    isNew: before === undefined,
  }
}

async function makeCa(file: string, { keyType, now }: LocalCaWish): Promise<Pair> {
  const key = await makeKey(keyType)
  const { pem } = issueCertificate({
    ...common(randomBytes(16).toString('hex')),
    // Two CAs of one name and different keys confuse stacks that look issuers up by name.
    subject: [['CN', `tlsfit local CA ${randomBytes(3).toString('hex')}`]],
    key,
    issuer: undefined,
    notAfter: yearsFrom(now, CA_YEARS),
    extensions: [basicConstraints(true, 0), keyUsage('keyCertSign')],
  })
  const title = 'tlsfit local CA: the key below signs for every device that holds this certificate'
  try {
    await writePair(file, title, pem, key, 'keep')
  } catch (error) {
    // Another process was faster: its CA is the one.
    if (codeOf(error) !== 'EEXIST') throw error
  }
  return (await readPair(file))!
}

async function openLeaf(ca: Pair, { folder, keyType, hosts, now }: LocalCaWish): Promise<Pair> {
  const file = join(folder, `leaf-${keyType}.pem`)
  const title = `for ${hosts.join(' ')}`
  const kept = await readPair(file)
  const good =
    kept !== undefined &&
    kept.title === title &&
    kept.certificate.verify(createPublicKey(ca.key)) &&
    new Date(kept.certificate.validTo).getTime() - now.getTime() > RENEW_MS
  if (good) return kept
  // The key stays: whoever pinned it still finds it.
  const key = kept?.key ?? (await makeKey(keyType))
  const { pem } = issueCertificate({
    ...common(randomBytes(16).toString('hex')),
    subject: [['CN', hosts[0]!.slice(0, 64)]],
    key,
    issuer: { subject: nameOf(ca), key: ca.key },
    notAfter: new Date(Math.min(yearsFrom(now, LEAF_YEARS).getTime(), Date.parse(ca.certificate.validTo))),
    extensions: [
      basicConstraints(false),
      keyUsage('digitalSignature', ...(keyType === 'p256' ? [] : (['keyEncipherment'] as const))),
      extendedKeyUsage('serverAuth'),
      subjectAltName(hosts.flatMap(altNames)),
    ],
  })
  await writePair(file, title, pem, key, 'replace')
  return (await readPair(file))!
}

/**
 * Mbed TLS, wolfSSL and BearSSL compare an address of the URL with dNSNames only (measured: 2.28, 5.5, 0.6), OpenSSL and
 * GnuTLS with iPAddresses only: an address is written in both.
 */
function altNames(host: string) {
  return parseIp(host) === undefined ? [{ dns: host }] : [host, { dns: host }]
}

function common(
  seed: string,
): Pick<CertificateRecipe, 'hash' | 'notBefore' | 'serialBytes' | 'keyIds' | 'seed'> {
  return { hash: 'sha256', notBefore: NOT_BEFORE, serialBytes: 8, keyIds: true, seed }
}

function yearsFrom(now: Date, years: number): Date {
  const until = Math.min(now.getTime() + years * YEAR_MS, LAST_DAY.getTime())
  return new Date(Math.floor(until / 1_000) * 1_000)
}

async function makeKey(type: LocalKeyType): Promise<KeyObject> {
  if (type === 'p256') return (await generate('ec', { namedCurve: 'P-256' })).privateKey
  return (await generate('rsa', { modulusLength: 2048 })).privateKey
}
