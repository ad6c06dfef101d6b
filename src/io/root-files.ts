import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { type KnownRootRow, knownRootOf } from '../trust/known-root.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import type { Certificate } from '../x509/certificate.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { readBuilt } from './built-data.ts'
import { readDataFiles } from './data-files.ts'
import { dataFolder } from './data-folder.ts'

declare const TLSFIT_BUILT: true | undefined

/** What parses and checks the index is loaded by the sources alone: a build has done so once and for all. */
const index = typeof TLSFIT_BUILT === 'undefined' ? await import('../trust/known-roots.ts') : undefined

/** The package's `roots/`; a build has them checked, and their DER in base64. Decoded when first looked at. */
export function openKnownRoots(): KnownRoot[] {
  if (index === undefined) {
    const built = readBuilt<(KnownRootRow & { readonly der: string })[]>('roots')
    return built.map(({ der, ...row }) => knownRootOf(row, new Uint8Array(Buffer.from(der, 'base64'))))
  }
  return index.parseKnownRoots(...rootTexts())
}

/** Text of `roots/index.yaml`, and those of the PEM files by name. */
export function rootTexts(): [index: string, pems: ReadonlyMap<string, string>] {
  const folder = dataFolder('roots')
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  const files = readdirSync(folder).filter((file) => file.endsWith('.pem'))
  const text = readDataFiles('roots').get('index.yaml') ?? ''
  return [text, new Map(files.map((file) => [file, read(file)]))]
}

/** The roots that Node.js ships (Mozilla's store of its day), decoded once a process when first asked for. */
export function systemAnchors(): readonly Certificate[] {
  all ??= systemDers().map(decodeSystem)
  return all
}

/**
 * Those of `systemAnchors` that a path over `sent` can end at: what bears the name of an issuer. To decode all of them for one chain takes longer than its handshake.
 */
export function systemAnchorsFor(sent: readonly Certificate[]): readonly Certificate[] {
  return [...new Set(sent.flatMap(anchorsNamedBy))]
}

function anchorsNamedBy({ issuer }: Certificate): readonly Certificate[] {
  const bytes = Buffer.from(issuer.der)
  const name = bytes.toString('base64')
  const known = namedBy.get(name)
  if (known !== undefined) return known
  const anchors = systemDers()
    .filter((der) => der.includes(bytes))
    .map(decodeSystem)
  // Servers are many, and their CAs few: only names made to be different come to this.
  if (namedBy.size >= MAX_NAMES) namedBy.clear()
  namedBy.set(name, anchors)
  return anchors
}

function systemDers(): readonly Buffer[] {
  ders ??= rootCertificates.map((pem) => Buffer.from(pem.replace(/-----[A-Z ]+-----/g, ''), 'base64'))
  return ders
}

function decodeSystem(der: Buffer): Certificate {
  const certificate = decoded.get(der) ?? decodeCertificate(new Uint8Array(der))
  decoded.set(der, certificate)
  return certificate
}

let all: readonly Certificate[] | undefined
let ders: readonly Buffer[] | undefined
const decoded = new WeakMap<Buffer, Certificate>()
const MAX_NAMES = 1_024
const namedBy = new Map<string, readonly Certificate[]>()
