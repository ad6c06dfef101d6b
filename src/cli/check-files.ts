import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { CheckRequest } from '../io/check-request.ts'
import { openInput } from '../io/open-input.ts'
import type { Candidate } from '../judge/replaying.ts'
import type { HeldAnchor } from '../trust/trust-store.ts'
import { MAX_PEM_BYTES, parseCertificates } from '../x509/pem.ts'
import { CliError, exitCodes, usageError } from './cli-error.ts'

/** Every certificate of the `--anchor` files, in order; undefined when no file was given. Throws `CliError`, `PemError`. */
export async function readAnchors(
  files: readonly string[] | undefined,
  option = '--anchor',
): Promise<HeldAnchor[] | undefined> {
  if (files === undefined) return undefined
  const anchors: HeldAnchor[] = []
  for (const file of files) {
    const certificates = parseCertificates(await readBounded(file, option), file)
    for (const [index, certificate] of certificates.entries()) {
      anchors.push({ certificate, label: certificates.length === 1 ? file : `${file} (${index + 1})` })
    }
  }
  return anchors
}

/** The chains of the `--candidate` files, leaf first as they lie there. Throws `CliError`, `PemError`. */
export async function readCandidates(files: readonly string[] = []): Promise<Candidate[]> {
  return Promise.all(
    files.map(async (name) => {
      const certificates = parseCertificates(await readBounded(name, '--candidate'), name)
      return { name, certificates: certificates.map(({ der }) => der) }
    }),
  )
}

/** Certificate and key belong together, and both can be read; the key is never printed. */
export async function readClientCredential(
  certificateFile: string | undefined,
  keyFile: string | undefined,
  [ofCertificate, ofKey]: readonly [string, string] = ['--client-cert', '--client-key'],
): Promise<CheckRequest['clientCredential']> {
  if (certificateFile === undefined && keyFile === undefined) return undefined
  if (certificateFile === undefined || keyFile === undefined) {
    const [lacks, has] = certificateFile === undefined ? [ofCertificate, ofKey] : [ofKey, ofCertificate]
    throw usageError('value-missing', `${has} needs ${lacks} with it`, `add ${lacks} FILE`, lacks)
  }
  const certificatePem = (await readBounded(certificateFile, ofCertificate)).toString('utf8')
  parseCertificates(Buffer.from(certificatePem), certificateFile)
  const keyPem = (await readBounded(keyFile, ofKey)).toString('utf8')
  const belongs = checkKey(certificatePem, keyPem, keyFile)
  if (!belongs) {
    throw new CliError(
      exitCodes.unreadable,
      'key-mismatch',
      `the key in ${keyFile} is not that of ${certificateFile}`,
      {
        hint: `compare: openssl x509 -in ${certificateFile} -noout -pubkey and openssl pkey -in ${keyFile} -pubout`,
        at: keyFile,
      },
    )
  }
  return { certificatePem, keyPem }
}

function checkKey(certificatePem: string, keyPem: string, keyFile: string): boolean {
  try {
    return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem))
  } catch {
    const encrypted = /ENCRYPTED/.test(keyPem)
    throw new CliError(
      exitCodes.unreadable,
      encrypted ? 'key-encrypted' : 'key-unreadable',
      encrypted
        ? `the private key in ${keyFile} is encrypted`
        : `no private key that can be read in ${keyFile}`,
      {
        hint: encrypted
          ? `decrypt a copy: openssl pkey -in ${keyFile} -out plain.key`
          : 'give the key as PEM, with its -----END line',
        at: keyFile,
      },
    )
  }
}

async function readBounded(file: string, option: string): Promise<Buffer> {
  try {
    const chunks: Buffer[] = []
    let size = 0
    // Bounded while reading: a device such as /dev/zero has no size of its own.
    const fd = await openInput(file)
    for await (const chunk of createReadStream(file, { fd, end: MAX_PEM_BYTES })) {
      chunks.push(chunk)
      size += chunk.length
    }
    if (size > MAX_PEM_BYTES) {
      throw new CliError(
        exitCodes.unreadable,
        'file-too-large',
        `${file} has more than ${MAX_PEM_BYTES} bytes, no certificate file`,
        {
          hint: `give ${option} a file of at most ${MAX_PEM_BYTES} bytes`,
          at: file,
        },
      )
    }
    return Buffer.concat(chunks)
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError(exitCodes.unreadable, 'file-unreadable', `${file} cannot be read: ${reason(error)}`, {
      hint: `give ${option} an existing PEM or DER file`,
      at: file,
    })
  }
}

function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  const reasons: { readonly [code: string]: string } = {
    ENOENT: 'no such file',
    EACCES: 'no permission',
    EISDIR: 'it is a folder',
    ETIMEDOUT: 'it is a pipe that nobody writes to',
  }
  return reasons[code ?? ''] ?? code ?? 'it failed'
}
