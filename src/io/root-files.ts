import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { type IssuedChain, parseIssuing } from '../trust/issuing.ts'
import { parseKnownRoots } from '../trust/known-roots.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import type { Certificate } from '../x509/certificate.ts'
import { parseCertificates } from '../x509/pem.ts'
import { readDataFiles } from './data-files.ts'
import { dataFolder } from './data-folder.ts'

/** Reads the package's `roots/`. Certificates are decoded when first looked at. */
export function openKnownRoots(): KnownRoot[] {
  const folder = dataFolder('roots')
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  const files = readdirSync(folder).filter((file) => file.endsWith('.pem'))
  const index = readDataFiles('roots').get('index.yaml') ?? ''
  return parseKnownRoots(index, new Map(files.map((file) => [file, read(file)])))
}

/** Chains that known CAs issue, of `roots/issuing.yaml`. */
export function openIssuing(known: readonly KnownRoot[]): IssuedChain[] {
  return parseIssuing(
    readDataFiles('roots').get('issuing.yaml') ?? '',
    known.map(({ id }) => id),
  )
}

/** The roots that Node.js ships (Mozilla's store of its day), decoded once a process when first asked for. */
export function systemAnchors(): readonly Certificate[] {
  anchors ??= rootCertificates.flatMap((pem) => parseCertificates(Buffer.from(pem), 'tls.rootCertificates'))
  return anchors
}

let anchors: readonly Certificate[] | undefined
