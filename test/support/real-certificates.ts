import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { rootCertificates } from 'node:tls'
import type { Certificate } from '../../src/x509/certificate.ts'
import { parseCertificates } from '../../src/x509/pem.ts'

const repository = resolve(import.meta.dirname, '../..')
const chains = join(repository, 'test/fixtures/chains')
const roots = join(repository, 'roots')

/** The certificates of `test/fixtures/chains/<name>.pem`, in its order. */
export function realChain(name: string): Certificate[] {
  return parseCertificates(readFileSync(join(chains, `${name}.pem`)), name)
}

/** The root of `roots/<id>.pem`. */
export function realRoot(id: string): Certificate {
  return parseCertificates(readFileSync(join(roots, `${id}.pem`)), id)[0]!
}

/** Every real certificate at hand, each once: fixtures, `roots/`, and the roots that Node.js ships. */
export function realCertificates(): Certificate[] {
  const files = [...listPem(chains), ...listPem(roots)].flatMap((path) =>
    parseCertificates(readFileSync(path), path),
  )
  const node = rootCertificates.flatMap((pem) => parseCertificates(Buffer.from(pem), 'node'))
  return [...new Map([...files, ...node].map((certificate) => [certificate.sha256, certificate])).values()]
}

function listPem(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.pem'))
    .map((file) => join(folder, file))
}
