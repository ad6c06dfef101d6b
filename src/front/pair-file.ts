import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import { chmod, link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import type { NameToWrite } from '../issue/issue-certificate.ts'
import { FrontError } from './front.ts'

const OWNER_ONLY = 0o600

/** A certificate and its key, in one file so that they always belong together. */
export interface Pair {
  readonly certPem: string
  readonly keyPem: string
  readonly certificate: X509Certificate
  readonly key: KeyObject
  /** First line of the file. */
  readonly title: string
}

/** Of a certificate whose subject is one CN. */
export function nameOf(ca: Pair): NameToWrite {
  return [['CN', /^CN=(.*)$/m.exec(ca.certificate.subject)?.[1] ?? '']]
}

/** Undefined where there is no such file. Throws `FrontError` where it is not whole. */
export async function readPair(file: string): Promise<Pair | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  // A private key that others could read, after a copy or under another umask, is shut again.
  if (((await stat(file)).mode & 0o077) !== 0) await chmod(file, OWNER_ONLY)
  const certPem = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/.exec(text)?.[0] ?? ''
  const keyPem = /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----\n?/.exec(text)?.[0] ?? ''
  try {
    const certificate = new X509Certificate(certPem)
    const key = createPrivateKey(keyPem)
    if (!certificate.checkPrivateKey(key)) throw new Error('not its key')
    return { certPem, keyPem, certificate, key, title: text.slice(0, text.indexOf('\n')) }
  } catch {
    throw new FrontError(`${file} is damaged; move it away to have a new one`)
  }
}

/** Whole or not at all. `keep`: throws EEXIST where the file is there already. */
export async function writePair(
  file: string,
  title: string,
  certPem: string,
  key: KeyObject,
  existing: 'keep' | 'replace',
): Promise<void> {
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  const temporary = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(temporary, `${title}\n${certPem.trimEnd()}\n${keyPem}`, { mode: OWNER_ONLY, flag: 'wx' })
    if (existing === 'replace') await rename(temporary, file)
    else await link(temporary, file)
  } finally {
    // It holds the key, whatever became of it.
    await rm(temporary, { force: true })
  }
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
