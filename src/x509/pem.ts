import { DecodeError } from '../codec/decode-error.ts'
import type { Certificate } from './certificate.ts'
import { decodeCertificate } from './decode-certificate.ts'
import { DerReader } from './der.ts'

/** Bounds of one input file. */
export const MAX_PEM_BYTES = 8_388_608
export const MAX_PEM_CERTIFICATES = 1_000

/** One block between BEGIN and END, RFC 7468 §2. */
export interface PemBlock {
  /** Such as `CERTIFICATE`. */
  readonly label: string
  /** Empty for every kind of PRIVATE KEY: keys are not read. */
  readonly der: Uint8Array
  /** Line of BEGIN, from 1. */
  readonly line: number
}

export type PemErrorCode =
  | 'empty' // no bytes at all
  | 'too-large' // over MAX_PEM_BYTES
  | 'too-many' // over MAX_PEM_CERTIFICATES
  | 'no-certificate' // neither PEM nor DER of a certificate
  | 'private-key' // a key, and no certificate
  | 'unterminated' // BEGIN without its END
  | 'base64' // characters that are not base64 within a block
  | 'malformed' // a certificate that cannot be decoded

/** Input that holds no readable certificates. `at` says where: file, block, line; the message holds no content. */
export class PemError extends Error {
  readonly code: PemErrorCode
  readonly at: string
  readonly hint: string

  constructor(code: PemErrorCode, message: string, at: string, hint: string) {
    super(message)
    this.name = 'PemError'
    this.code = code
    this.at = at
    this.hint = hint
  }
}

/**
 * The certificates of a file, in its order: PEM with any text around it (`openssl s_client -showcerts`, C string
 * literals, keys), or one certificate in DER. `name` is the file's name for errors. Throws `PemError`.
 */
export function parseCertificates(input: Uint8Array, name: string): Certificate[] {
  if (input.length === 0) throw new PemError('empty', 'the file is empty', name, hints.empty)
  if (input.length > MAX_PEM_BYTES) {
    throw new PemError(
      'too-large',
      `the file has ${input.length} bytes, ${MAX_PEM_BYTES} are read`,
      name,
      hints.large,
    )
  }
  if (input[0] === 0x30 && !isText(input)) return [decodeBlock(input, name)]
  const blocks = parsePem(decodeText(input), name)
  const certificates = blocks.filter(({ label }) => certificateLabels.has(label))
  if (certificates.length === 0) throw noCertificate(blocks, name)
  if (certificates.length > MAX_PEM_CERTIFICATES) {
    const found = `${certificates.length} certificates, ${MAX_PEM_CERTIFICATES} are read`
    throw new PemError('too-many', found, name, hints.large)
  }
  return certificates.map(({ label, der, line }, i) => {
    const own = label === 'TRUSTED CERTIFICATE' ? firstElement(der) : der
    return decodeBlock(own, `${name}, certificate ${i + 1}, line ${line}`)
  })
}

/**
 * Every PEM block of a text, in order; `name` is for errors. Blocks may stand in C string literals or JSON, their line
 * ends written as `\n`. Throws `PemError`.
 */
export function parsePem(text: string, name = 'input'): PemBlock[] {
  const blocks: PemBlock[] = []
  let open: OpenBlock | undefined
  for (const [i, written] of text.split(/\r\n|\n|\r/).entries()) {
    const line = i + 1
    for (const piece of written.includes('\\n') ? written.split(/(?:\\r)?\\n/) : [written]) {
      const marker = piece.includes('-----') ? /-----(BEGIN|END) ([A-Z0-9 .]{1,64})-----/.exec(piece) : null
      if (marker?.[1] === 'BEGIN') {
        if (open !== undefined) throw unterminated(open, name)
        open = { label: marker[2]!, line, body: [] }
      } else if (open !== undefined && marker?.[2] === open.label) {
        blocks.push(close(open))
        open = undefined
      } else if (open !== undefined && certificateLabels.has(open.label)) {
        open.body.push(bareBase64(piece, `${name}, line ${line}`))
      } else if (open !== undefined && !isKey(open.label)) {
        open.body.push(piece)
      }
    }
  }
  if (open !== undefined) throw unterminated(open, name)
  return blocks
}

/** PEM text, RFC 7468 §2: lines of 64 characters, a newline at the end. */
export function formatPem(der: Uint8Array, label = 'CERTIFICATE'): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64')
  return `-----BEGIN ${label}-----\n${base64.replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`
}

const certificateLabels = new Set(['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE'])

const hints = {
  empty: 'give the file that holds the certificates, leaf first',
  large: 'split the file, or give only the chain that the server sends',
  convert:
    'convert it: openssl x509 -in FILE -out chain.pem, or openssl pkcs7 -print_certs for .p7b, openssl pkcs12 -nokeys for .pfx',
  key: 'give the certificate that belongs to the key; the key itself is not needed here',
  cut: 'the file is cut short or lines were lost; copy it again, with its -----END line',
}

function isKey(label: string): boolean {
  return label.endsWith('PRIVATE KEY')
}

function decodeBlock(der: Uint8Array, at: string): Certificate {
  try {
    return decodeCertificate(der)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new PemError('malformed', `not a readable certificate: ${error.message}`, at, hints.convert)
  }
}

function noCertificate(blocks: readonly PemBlock[], name: string): PemError {
  if (blocks.some(({ label }) => isKey(label))) {
    return new PemError('private-key', 'a private key and no certificate', name, hints.key)
  }
  const [other] = blocks
  if (other !== undefined) {
    const at = `${name}, line ${other.line}`
    return new PemError('no-certificate', `a PEM block ${other.label} and no certificate`, at, hints.convert)
  }
  return new PemError('no-certificate', 'neither PEM nor DER of a certificate', name, hints.convert)
}

interface OpenBlock {
  readonly label: string
  readonly line: number
  readonly body: string[]
}

function close({ label, line, body }: OpenBlock): PemBlock {
  return { label, line, der: new Uint8Array(Buffer.from(body.join(''), 'base64')) }
}

function unterminated(open: OpenBlock, name: string): PemError {
  const message = `-----BEGIN ${open.label}----- without its -----END ${open.label}-----`
  return new PemError('unterminated', message, `${name}, line ${open.line}`, hints.cut)
}

/** The base64 of a line, quotation marks and the like around it removed. */
function bareBase64(piece: string, at: string): string {
  const trimmed = piece.trim()
  let end = trimmed.length
  while (end > 0 && ' \t;,)\\"'.includes(trimmed[end - 1]!)) end--
  const bare = trimmed.slice(trimmed.startsWith('"') ? 1 : 0, end)
  if (/^[A-Za-z0-9+/]*={0,2}$/.test(bare)) return bare
  throw new PemError('base64', 'characters that are not base64 within a PEM block', at, hints.cut)
}

/** OpenSSL's TRUSTED CERTIFICATE has settings of its own behind the certificate. */
function firstElement(der: Uint8Array): Uint8Array {
  try {
    return new DerReader(der, 'Certificate', new Set()).any('certificate').bytes
  } catch {
    return der
  }
}

/** DER begins with the character `0`; text that does so has no control characters in its second byte. */
function isText(input: Uint8Array): boolean {
  const second = input[1] ?? 0
  return second >= 0x20 && second < 0x7f
}

/** UTF-8, or UTF-16 by its byte order mark (what a Windows shell writes). */
export function decodeText(input: Uint8Array): string {
  if (input[0] === 0xff && input[1] === 0xfe) return new TextDecoder('utf-16le').decode(input)
  if (input[0] === 0xfe && input[1] === 0xff) return new TextDecoder('utf-16be').decode(input)
  return new TextDecoder('utf-8').decode(input)
}
