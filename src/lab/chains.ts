import type { IssuedCertificate } from '../issue/issue-certificate.ts'
import { makeCertificate } from './chain-shape.ts'
import * as shapes from './chain-shapes.ts'
import type { KeyShelf, KeyType } from './keys.ts'

/** What a server sends, leaf first, and what there is to hold for it. */
export interface LabChain {
  /** Leaf first, as it goes on the wire. */
  readonly sent: readonly IssuedCertificate[]
  /** The root that the field holds. */
  readonly root: IssuedCertificate
}

export interface ChainOptions {
  readonly keys: KeyShelf
  readonly now: Date
}

/** PEM of several certificates, in their order. */
export function joinPem(certificates: readonly IssuedCertificate[]): string {
  return certificates.map(({ pem }) => pem).join('')
}

/** The old public root of the Azure, Memfault and ESP32 cases. One for the process, whoever asks. */
export async function makeDigilabRoot({ keys, now }: ChainOptions): Promise<IssuedCertificate> {
  const key = await keys.take(shapes.digilabRoot.key, 'digilab root')
  return makeCertificate(shapes.digilabRoot, { key, issuer: undefined, now })
}

/** The chain with the cross-signed root in it, and that root's self-signed twin. */
export async function makeNewBlobChain(
  options: ChainOptions,
): Promise<LabChain & { readonly newRoot: IssuedCertificate }> {
  const { now } = options
  const [root, rootKey, issuingKey, leafKey] = await Promise.all([
    makeDigilabRoot(options),
    options.keys.take('rsa-4096', 'new blob root'),
    issuingCaKey(options),
    serverKey(options),
  ])
  const newRoot = makeCertificate(shapes.skyshelfRoot, { key: rootKey, issuer: undefined, now })
  const crossSign = makeCertificate(shapes.skyshelfCrossSign, { key: rootKey, issuer: root, now })
  const issuingCa = makeCertificate(shapes.skyshelfIssuingCa, { key: issuingKey, issuer: newRoot, now })
  const leaf = makeCertificate(shapes.newBlobLeaf, { key: leafKey, issuer: issuingCa, now })
  return { sent: [leaf, issuingCa, crossSign], root, newRoot }
}

/** The chain of two certificates that devices were built for. */
export async function makeOldBlobChain(options: ChainOptions): Promise<LabChain> {
  const { now } = options
  const [root, issuingKey, leafKey] = await Promise.all([
    makeDigilabRoot(options),
    issuingCaKey(options),
    serverKey(options),
  ])
  const issuingCa = makeCertificate(shapes.oldBlobIssuingCa, { key: issuingKey, issuer: root, now })
  const leaf = makeCertificate(shapes.oldBlobLeaf, { key: leafKey, issuer: issuingCa, now })
  return { sent: [leaf, issuingCa], root }
}

/** A chain of AWS's habit: two cross-signs are sent that a holder of the root does not need. */
export async function makeForestChain(leafOf: 'iot' | 'cdn', options: ChainOptions): Promise<LabChain> {
  const { keys, now } = options
  const take = (role: string, type: KeyType = 'rsa-2048') => keys.take(type, role)
  const [rootKey, issuingKey, servicesKey, class2Key, leafKey] = await Promise.all([
    take('forest root'),
    take('forest issuing CA'),
    take('moonfield services'),
    take('moonfield class 2'),
    serverKey(options),
  ])
  const class2 = { subject: shapes.moonfieldClass2Name, key: class2Key }
  const root = makeCertificate(shapes.forestRoot, { key: rootKey, issuer: undefined, now })
  const services = makeCertificate(shapes.moonfieldCrossSign, { key: servicesKey, issuer: class2, now })
  const crossSign = makeCertificate(shapes.forestCrossSign, { key: rootKey, issuer: services, now })
  const issuingCa = makeCertificate(shapes.forestIssuingCa, { key: issuingKey, issuer: root, now })
  const leafShape = leafOf === 'iot' ? shapes.iotLeaf : shapes.cdnLeaf
  const leaf = makeCertificate(leafShape, { key: leafKey, issuer: issuingCa, now })
  return { sent: [leaf, issuingCa, crossSign, services], root }
}

/** The table service of 2019, before and after the renewal of its leaf. */
export async function makeTableChain(leafOf: 'before' | 'renewed', options: ChainOptions): Promise<LabChain> {
  const { keys, now } = options
  const [rootKey, issuingKey, leafKey] = await Promise.all([
    keys.take('rsa-2048', 'rotterdam root'),
    issuingCaKey(options),
    serverKey(options),
  ])
  const root = makeCertificate(shapes.rotterdamRoot, { key: rootKey, issuer: undefined, now })
  const issuingCa = makeCertificate(shapes.tableIssuingCa, { key: issuingKey, issuer: root, now })
  const leafShape = leafOf === 'before' ? shapes.tableLeafBefore : shapes.tableLeafRenewed
  return { sent: [makeCertificate(leafShape, { key: leafKey, issuer: issuingCa, now }), issuingCa], root }
}

/** RSA-4096 costs seconds and no case looks across two issuing CAs, so they share one key. */
function issuingCaKey({ keys }: ChainOptions) {
  return keys.take('rsa-4096', 'issuing CA')
}

/** For the same reason the RSA leaves share one. */
function serverKey({ keys }: ChainOptions) {
  return keys.take('rsa-2048', 'server')
}
