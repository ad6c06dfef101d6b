import { type ByteArray, findByteArrays } from './byte-arrays.ts'
import { announcedBytes, ownBytes, partsOf, pieceOf, piecesOfPkcs7 } from './certificate-piece.ts'
import { equalBytes } from './decode-certificate.ts'
import { readHexDump, readPlainHex } from './hex-dump.ts'
import type { CertificatePiece, Material, MaterialForm, SecretFound } from './material.ts'
import { type Use, UseFinder } from './material-use.ts'
import { findStored } from './modem-credentials.ts'
import { decodeText, MAX_PEM_CERTIFICATES } from './pem.ts'
import { findPemPieces, isSecretLabel, type PemPiece } from './pem-pieces.ts'
import { kindOfCutDer, kindOfDer } from './pkcs7.ts'
import { publicHalf, publicHalfOfDer } from './private-key.ts'
import { isSClient, readSClient, type SClientSession } from './s-client-session.ts'

/** Keys that are compared; each costs a little. */
const maxKeysCompared = 50

/** Reads whatever holds certificates. Never throws; linear in the input, whose size the caller bounds. */
export function findCertificates(input: Uint8Array): Material {
  const binary = readBinary(input)
  if (binary !== undefined) return binary
  const text = decodeText(input)
  const dump = readHexDump(text) ?? readPlainHex(text)
  if (dump !== undefined) {
    const material =
      readBinary(dump) ?? (startsPem(dump) ? readText(decodeText(dump), input.length) : undefined)
    if (material !== undefined) return { ...material, inputBytes: input.length }
  }
  return readText(text, input.length)
}

function readBinary(input: Uint8Array): Material | undefined {
  if (input[0] !== 0x30) return undefined
  const kind = kindOfDer(input) ?? kindOfCutDer(input)
  const material = (form: MaterialForm, pieces: CertificatePiece[]): Material => ({
    ...empty,
    form,
    inputBytes: input.length,
    pieces,
  })
  if (kind === 'certificate') return material('der', seriesOf(input))
  if (kind === 'pkcs7') return material('pkcs7', piecesOfPkcs7(input, undefined))
  if (kind === 'pkcs12') return material('pkcs12', [])
  if (kind === 'private-key') {
    const readable = typeof publicHalfOfDer(input) !== 'string'
    if (!readable) return undefined
    return { ...material('none', []), secrets: [{ ...secretBase, kind: 'PRIVATE KEY (DER)' }] }
  }
  return undefined
}

const secretBase = { line: undefined, certificates: [], use: undefined }
const empty = {
  secrets: [],
  others: [],
  session: undefined,
  stored: [],
  lengthsWithoutNul: [],
  bounded: false,
}

/** Certificates in DER one behind the other, as some SDKs keep their bundles. */
function seriesOf(input: Uint8Array): CertificatePiece[] {
  const pieces: CertificatePiece[] = []
  for (let at = 0; at < input.length && pieces.length < MAX_PEM_CERTIFICATES; ) {
    const rest = input.subarray(at)
    const bytes = announcedBytes(rest)
    const isNext =
      bytes !== undefined && bytes < rest.length && kindOfDer(rest.subarray(bytes)) === 'certificate'
    const der = isNext ? rest.subarray(0, bytes) : rest
    pieces.push(pieceOf(der, { encoding: 'der', textBytes: der.length }))
    at += der.length
  }
  return pieces
}

function readText(text: string, inputBytes: number): Material {
  const uses = new UseFinder(text)
  const blocks = findPemPieces(text)
  const crlfAround = outsideIsCrlf(text, blocks)
  const pieces: CertificatePiece[] = []
  const others: { label: string; line: number }[] = []
  const keys: PemPiece[] = []
  let before: { readonly end: number; readonly use: Use | undefined } | undefined
  for (const block of blocks) {
    // Blocks of one string have one use.
    const joined = before !== undefined && isGlue(text.slice(before.end, block.start))
    const use = joined ? before?.use : uses.useOf(block.start)
    before = { end: block.end, use }
    if (block.label.endsWith('PRIVATE KEY')) keys.push(block)
    else if (isPkcs7(block)) pieces.push(...piecesOfPkcs7(block.bytes, block))
    else if (certificateLabels.has(block.label)) {
      pieces.push({
        ...pieceOf(ownBytes(block), partsOf(block)),
        ...{ use, endsLine: block.endsLine },
        carriageReturns: block.writtenOut || !crlfAround ? block.carriageReturns : 0,
      })
    } else if (!isSecretLabel(block.label)) others.push({ label: block.label, line: block.line })
  }
  const arrays = findByteArrays(text)
  const ofArrays = arrays.map((array) => readArray(array, uses))
  pieces.push(...ofArrays.flatMap((read) => read.pieces))
  if (arrays.length > 0 && blocks.length > 0) pieces.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
  const session = isSClient(text) ? readSClient(text) : undefined
  const marked = session === undefined ? pieces : markRepeat(text, pieces)
  const secrets = [
    ...keys.map((key, index) => compareKey(text, key, marked, uses, index)),
    ...ofArrays.flatMap((read) => read.secrets),
  ]
  const stored = findStored(text)
  return {
    form: formOf(text, marked, session, stored.length + uses.writes.length),
    inputBytes,
    pieces: marked.slice(0, MAX_PEM_CERTIFICATES),
    secrets,
    others,
    session,
    stored,
    lengthsWithoutNul: findLengthsWithoutNul(text),
    bounded: marked.length > MAX_PEM_CERTIFICATES,
  }
}

/** Nothing but line ends and quotation marks between two blocks. */
function isGlue(between: string): boolean {
  return between.length < 200 && /^(?:\\[nr]|[\s"'+\\])*$/.test(between)
}

interface ArrayRead {
  readonly pieces: readonly CertificatePiece[]
  readonly secrets: readonly SecretFound[]
}

/** PEM or DER in an array of bytes; an array of anything else has neither. */
function readArray(array: ByteArray, uses: UseFinder): ArrayRead {
  const use = uses.useOf(array.start)
  const { line } = array
  const place = { encoding: 'byte-array' as const, line, textBytes: array.end - array.start }
  const secret = (kind: string): SecretFound => ({ kind, line, certificates: undefined, use })
  if (startsPem(array.bytes)) {
    const unterminated = array.bytes.at(-1) !== 0
    const blocks = findPemPieces(Buffer.from(array.bytes).toString('latin1'))
    return {
      pieces: blocks
        .filter(({ label }) => certificateLabels.has(label))
        .map((block) => ({
          ...pieceOf(ownBytes(block), { ...partsOf(block), ...place }),
          use,
          unterminated,
        })),
      secrets: blocks.filter(({ label }) => label.endsWith('PRIVATE KEY')).map(({ label }) => secret(label)),
    }
  }
  const kind = kindOfDer(array.bytes) ?? kindOfCutDer(array.bytes)
  if (kind === 'certificate') return { pieces: [{ ...pieceOf(array.bytes, place), use }], secrets: [] }
  const isKey = kind === 'private-key' && typeof publicHalfOfDer(array.bytes) !== 'string'
  return { pieces: [], secrets: isKey ? [secret('PRIVATE KEY (DER)')] : [] }
}

const certificateLabels = new Set(['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE'])

function isPkcs7({ label, bytes }: PemPiece): boolean {
  if (label === 'PKCS7' || label === 'CMS' || label === 'PKCS #7 SIGNED DATA') return true
  return certificateLabels.has(label) && kindOfDer(bytes) === 'pkcs7'
}

function formOf(
  text: string,
  pieces: readonly CertificatePiece[],
  session: SClientSession | undefined,
  commands: number,
): MaterialForm {
  if (session !== undefined) return 's-client'
  if (commands > 0) return 'modem-commands'
  if (pieces.length === 0) return 'none'
  if (pieces.every(({ encoding }) => encoding === 'pkcs7')) return 'pkcs7'
  const inSource = pieces.some(
    ({ encoding, use }) => encoding === 'byte-array' || use?.variable !== undefined,
  )
  return inSource || /^\s*#(?:include|define|pragma)\b/m.test(text) ? 'source' : 'pem'
}

/** Without `-showcerts`, and with old versions of it too, the leaf stands under `Server certificate`. */
function markRepeat(text: string, pieces: readonly CertificatePiece[]): CertificatePiece[] {
  const heading = /^Server certificate\s*$/m.exec(text)
  if (heading === null) return [...pieces]
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < heading.index; at = text.indexOf('\n', at + 1)) line++
  return pieces.map((piece, index) => {
    const shownBefore = pieces.slice(0, index).some(({ der }) => equalBytes(der, piece.der))
    return { ...piece, repeat: shownBefore && (piece.line ?? 0) > line }
  })
}

function compareKey(
  text: string,
  key: PemPiece,
  pieces: readonly CertificatePiece[],
  uses: UseFinder,
  index: number,
): SecretFound {
  const found = { kind: key.label, line: key.line, use: uses.useOf(key.start) }
  const read = index < maxKeysCompared ? publicHalf(text.slice(key.start, key.end), key.label) : 'unreadable'
  if (typeof read === 'string') return { ...found, certificates: undefined }
  const certificates = pieces.flatMap(({ certificate }, at) =>
    certificate !== undefined && equalBytes(certificate.publicKey.spki, read.spki) ? [at] : [],
  )
  return { ...found, certificates }
}

/** Whether the lines that are no PEM end with CR LF: then those of PEM tell nothing of what was stored. */
function outsideIsCrlf(text: string, blocks: readonly PemPiece[]): boolean {
  let from = 0
  for (const { start, end } of [...blocks, { start: text.length, end: text.length }]) {
    // The end of a block's own last line is the block's.
    const after = from === 0 ? 0 : text.indexOf('\n', from) + 1
    if (after >= from && text.slice(after, start).includes('\r\n')) return true
    from = end
  }
  return false
}

/** Lengths that Mbed TLS and Zephyr take with the NUL: `strlen(NAME)`, `sizeof(NAME) - 1`. */
const withNul =
  /\b(mbedtls_x509_crt_parse|tls_credential_add|cacert(?:_pem)?_bytes|esp_tls_set_global_ca_store)\b[^;{}]{0,160}?\b(?:strlen\s?\(\s?(?:\([^()\n]{1,40}\)\s?)?([A-Za-z_]\w{0,79})|sizeof\s?\(?\s?([A-Za-z_]\w{0,79})\s?\)?\s?-\s?1)/g

function findLengthsWithoutNul(text: string): { variable: string; call: string }[] {
  const found: { variable: string; call: string }[] = []
  for (const match of text.matchAll(withNul)) {
    const [whole, call = '', byStrlen, bySizeof] = match
    if (found.length === 100) break
    // `strlen(x) + 1` counts it.
    const behind = text.slice(match.index + whole.length, match.index + whole.length + 12)
    if (byStrlen !== undefined && /^\s?\)\s?\+\s?1/.test(behind)) continue
    found.push({ variable: byStrlen ?? bySizeof ?? '', call })
  }
  return found
}

function startsPem(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 64)).toString('latin1').includes('-----BEGIN')
}
