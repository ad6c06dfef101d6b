import type { KeyObject } from 'node:crypto'
import type { ChainToServe, IntermediateToServe, NamesToWrite } from '../exam/serving.ts'
import {
  basicConstraints,
  type ExtensionToWrite,
  extendedKeyUsage,
  keyUsage,
  rawExtension,
  subjectAltName,
} from '../issue/certificate-extensions.ts'
import { explicit, implicit, octetString, sequence } from '../issue/der.ts'
import {
  type CertificateRecipe,
  type IssuedCertificate,
  issueCertificate,
  type NameToWrite,
} from '../issue/issue-certificate.ts'
import { parseIp } from '../x509/ip-address.ts'
import type { MeasuringKeys } from './measuring-keys.ts'
import { neighboursOf } from './neighbour-names.ts'

/** A CA whose root the device holds, or does not. */
export interface Signer {
  readonly subject: NameToWrite
  readonly key: KeyObject
}

export interface ChainWish {
  readonly chain: ChainToServe
  readonly testCa: Signer
  /** By which the device asks: a name or an address. */
  readonly host: string
  /** To which it came. */
  readonly serverAddress: string
  readonly keys: MeasuringKeys
  readonly now: Date
}

/** What goes into the Certificate message. */
export interface ServedChain {
  /** Leaf first. */
  readonly sent: readonly IssuedCertificate[]
  /** The first so many of them are the path, the root left out. */
  readonly pathCertificates: number
  /** Certificate message of TLS 1.2 and before, header included, RFC 5246 §7.4.2. */
  readonly messageBytes: number
}

const DAY_MS = 86_400_000

/**
 * Issues what a serving asks for: sizes to the byte. All that signs is RSA, so that signatures are of one size.
 * Throws `RangeError` for a size that no certificate of its kind can have.
 */
export async function makeServedChain(wish: ChainWish): Promise<ServedChain> {
  const { chain, keys, testCa, now } = wish
  const most = Math.max(chain.intermediates.length, chain.unneeded.length)
  const [leafKey, strangerKey, ...issuingKeys] = await Promise.all([
    keys.take(chain.key, 'leaf'),
    keys.take('rsa-2048', 'stranger'),
    // One for each: wolfSSL knows issuers by their key, and takes two with the same for one.
    ...Array.from({ length: most }, (_, index) => keys.take('rsa-2048', issuingRole(index))),
  ])
  const root = rootOf(chain.signer, testCa, strangerKey)
  const issuers: IssuedCertificate[] = []
  for (const [index, one] of [...chain.intermediates].reverse().entries()) {
    const issuer = issuers[index - 1] ?? root
    issuers.push(sized(intermediate(one, { index, key: issuingKeys[index]!, issuer, now }), one.bytes))
  }
  const issuer = chain.signer === 'self' ? undefined : (issuers.at(-1) ?? root)
  const leaf = sized(leafRecipe(wish, leafKey, issuer), chain.leafBytes)
  const path = [leaf, ...issuers.reverse()]
  const unneeded = chain.unneeded.map((bytes, index) =>
    sized(intermediate(plain, { index: 100 + index, key: issuingKeys[index]!, issuer: testCa, now }), bytes),
  )
  const foreignRoot =
    chain.signer === 'foreign-sent' ? [issueCertificate(foreignRecipe(strangerKey, now))] : []
  const sent = [...path, ...foreignRoot, ...unneeded]
  return { sent, pathCertificates: path.length, messageBytes: messageBytesOf(sent) }
}

function rootOf(signer: ChainToServe['signer'], testCa: Signer, strangerKey: KeyObject): Signer {
  switch (signer) {
    case 'stranger':
      return { ...testCa, key: strangerKey }
    case 'foreign':
    case 'foreign-sent':
      return { subject: FOREIGN_NAME, key: strangerKey }
    case 'test-ca':
    case 'self':
      return testCa
  }
}

const FOREIGN_NAME: NameToWrite = [['CN', 'tlsfit foreign CA']]

function foreignRecipe(key: KeyObject, now: Date): CertificateRecipe {
  return {
    ...common(now, 'foreign root'),
    subject: FOREIGN_NAME,
    key,
    issuer: undefined,
    extensions: [basicConstraints(true), keyUsage('keyCertSign')],
  }
}

/** Of the key of an issuer, counted from the root. */
export function issuingRole(index: number): string {
  return `issuing ${index}`
}

/** Header, length of the list, and the length before each certificate: three bytes each after the type. */
function messageBytesOf(sent: readonly Pick<IssuedCertificate, 'der'>[]): number {
  return sent.reduce((sum, { der }) => sum + 3 + der.length, 4 + 3)
}

const plain: IntermediateToServe = {
  bytes: undefined,
  isCa: true,
  pathLength: undefined,
  excludesName: false,
  expired: false,
}

function intermediate(
  { isCa, pathLength, excludesName, expired }: IntermediateToServe,
  { index, key, issuer, now }: { index: number; key: KeyObject; issuer: Signer; now: Date },
): CertificateRecipe {
  return {
    ...common(now, `intermediate ${index}`),
    ...(expired ? validityOf('expired', now) : {}),
    subject: [['CN', `tlsfit issuing ${index}`]],
    key,
    issuer,
    hash: 'sha256',
    extensions: [
      isCa ? basicConstraints(true, pathLength) : basicConstraints(false),
      isCa ? keyUsage('keyCertSign') : keyUsage('digitalSignature'),
      ...(excludesName ? [permitsOnly('elsewhere.invalid')] : []),
    ],
  }
}

function leafRecipe(
  { chain, host, serverAddress, now }: ChainWish,
  key: KeyObject,
  issuer: Signer | undefined,
): CertificateRecipe {
  const more = Array.from({ length: chain.moreNames }, (_, index) => `n${index}.invalid`)
  const names = [...altNamesOf(chain.names, host, serverAddress), ...more]
  return {
    ...common(now, 'leaf'),
    ...validityOf(chain.validity, now),
    subject: [['CN', commonNameOf(chain.names, host)]],
    key,
    issuer,
    hash: chain.hash,
    extensions: [
      basicConstraints(false),
      // RSA key transport of TLS 1.2 needs keyEncipherment.
      keyUsage('digitalSignature', ...(chain.key.startsWith('rsa') ? (['keyEncipherment'] as const) : [])),
      extendedKeyUsage(chain.purpose === 'client' ? 'clientAuth' : 'serverAuth'),
      ...(names.length > 0 ? [subjectAltName(names)] : []),
    ],
  }
}

function validityOf(validity: ChainToServe['validity'], now: Date) {
  const day = now.getTime()
  switch (validity) {
    case 'now':
      return {}
    case 'expired':
      return { notBefore: new Date(day - 60 * DAY_MS), notAfter: new Date(day - 30 * DAY_MS) }
    case 'future':
      return { notBefore: new Date(day + 30 * DAY_MS), notAfter: new Date(day + 60 * DAY_MS) }
  }
}

/** Where there is no dNSName OpenSSL looks at the commonName: an address must be all that there is. */
function commonNameOf(names: NamesToWrite, host: string): string {
  return names === 'another' || names === 'neighbours' || names === 'server-address'
    ? 'another.invalid'
    : host
}

function altNamesOf(
  names: NamesToWrite,
  host: string,
  serverAddress: string,
): readonly (string | { readonly dns: string })[] {
  const isAddress = parseIp(host) !== undefined
  switch (names) {
    case 'asked':
      // Small stacks know an address as a dNSName only.
      return isAddress ? [host, { dns: host }] : [host]
    case 'address-as-dns-name':
      return [{ dns: host }]
    case 'another':
      return ['another.invalid']
    case 'neighbours':
      return neighboursOf(host)
    case 'server-address':
      return [serverAddress]
    case 'wildcard':
      return [`*.${host.split('.').slice(1).join('.')}`]
    case 'common-name-only':
      return []
  }
}

/** Valid before any clock of a device without one; the day is that of the measurement. */
function common(now: Date, seed: string) {
  return {
    hash: 'sha256',
    notBefore: new Date('1970-01-01T00:00:00Z'),
    notAfter: new Date(now.getTime() + 30 * DAY_MS),
    serialBytes: SERIAL_BYTES,
    keyIds: false,
    seed: `${seed} ${now.toISOString()}`,
  } as const
}

/** NameConstraints with one permitted dNSName, RFC 5280 §4.2.1.10. */
function permitsOnly(domain: string): ExtensionToWrite {
  const subtree = sequence(implicit(2, Buffer.from(domain, 'latin1')))
  return rawExtension('2.5.29.30', sequence(implicitSequence(0, subtree)), true)
}

/** [0] IMPLICIT SEQUENCE OF: constructed, as `explicit` writes it. */
const implicitSequence = (tag: number, ...items: readonly Uint8Array[]) => explicit(tag, ...items)

const SERIAL_BYTES = 16
const LEAST_SERIAL_BYTES = 8
/** An extension of our own that nobody knows; 2.25.… is for everybody (X.667), the number a random one. */
const PADDING_OID = '2.25.1329227995784915872'
const PADDING_FIRST_GUESS_OVERHEAD = 40

/**
 * The certificate with so many bytes, by an extension that is not critical. Where length fields together jump over the
 * size, a shorter serial number makes up for it.
 */
function sized(recipe: CertificateRecipe, bytes: number | undefined): IssuedCertificate {
  const smallest = issueCertificate(recipe)
  if (bytes === undefined || smallest.der.length === bytes) return smallest
  for (let serialBytes = SERIAL_BYTES; serialBytes >= LEAST_SERIAL_BYTES; serialBytes--) {
    let padding = Math.max(0, bytes - smallest.der.length - PADDING_FIRST_GUESS_OVERHEAD)
    for (let tries = 0; tries < 4 && padding >= 0; tries++) {
      const extensions = [
        ...recipe.extensions,
        rawExtension(PADDING_OID, octetString(Buffer.alloc(padding, 0x20))),
      ]
      const made = issueCertificate({ ...recipe, serialBytes, extensions })
      if (made.der.length === bytes) return made
      padding += bytes - made.der.length
    }
  }
  throw new RangeError(`no such certificate has ${bytes} bytes: the smallest is ${smallest.der.length}`)
}
