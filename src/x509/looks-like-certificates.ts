import { findByteArrays } from './byte-arrays.ts'
import { readHexDump, readPlainHex } from './hex-dump.ts'
import { decodeText } from './pem.ts'
import { kindOfCutDer, kindOfDer } from './pkcs7.ts'
import { isSClient } from './s-client-session.ts'

/** Enough of an input to tell by. */
const RECOGNISER_BYTES = 262_144
/** Lines of a log among the others that make it one. */
const fewestLogLines = 2

/**
 * Whether an input is certificate material (PEM, DER, PKCS #7, `openssl s_client`, sources with certificates, AT%CMNG
 * commands that write some), and not a device log or a server's log that merely holds some; a listing of what a modem
 * has stored is a log too. Looks at the first 256 kB; never throws.
 */
export function looksLikeCertificates(input: Uint8Array): boolean {
  const head = input.subarray(0, RECOGNISER_BYTES)
  // What is longer is cut by the bound, and read as what is cut.
  if (head[0] === 0x30 && (kindOfDer(head) ?? kindOfCutDer(head)) !== undefined) return true
  if (head.subarray(0, 512).includes(0) && !isUtf16(head)) return false
  const text = decodeText(head)
  if (!mayHold(text)) return false
  const lines = outsideLines(text)
  // What a component says of a failure is no word of a transcript, and the symptom matters more than the certificate.
  if (lines.some(isFailure) && !isSClient(text)) return false
  if (lines.filter(isLogLine).length >= fewestLogLines) return false
  if (isSClient(text) || /-----BEGIN(?: |%20|\+|&nbsp;|&#32;)[A-Z]/.test(text)) return true
  // The last array may be cut by the bound, or by what was read so far.
  const arrays = [...findByteArrays(text), ...findByteArrays(`${text.slice(0, text.lastIndexOf(',') + 1)}}`)]
  return isDump(text) || arrays.some(({ bytes }) => isMaterial(bytes))
}

function mayHold(text: string): boolean {
  return (
    text.includes('-----BEGIN') ||
    /0x30,\s?0x8[0-4]|0x2d,\s?0x2d|\{\s{0,20}48,\s?13[0-2]/i.test(text) ||
    /^\s{0,20}(?:[0-9a-fA-F]{4,16}:?\s{1,4})?(?:30\s?:?8[0-4]|2d2d|2d 2d)/.test(text) ||
    isSClient(text)
  )
}

function isDump(text: string): boolean {
  // The last line may be cut.
  const bytes =
    readHexDump(text) ?? readPlainHex(text) ?? readHexDump(text.slice(0, text.lastIndexOf('\n') + 1))
  return bytes !== undefined && isMaterial(bytes)
}

function isMaterial(bytes: Uint8Array): boolean {
  const kind = kindOfDer(bytes) ?? kindOfCutDer(bytes)
  if (kind !== undefined && kind !== 'private-key') return true
  return Buffer.from(bytes.subarray(0, 64)).toString('latin1').includes('-----BEGIN')
}

/** Lines that are not inside PEM, those that are blank left out. */
function outsideLines(text: string): string[] {
  const lines: string[] = []
  let inside = false
  for (const line of text.split('\n')) {
    const begins = line.lastIndexOf('-----BEGIN')
    const ends = line.lastIndexOf('-----END')
    // A block that is cut off has no end: what follows it is outside all the same.
    if (inside && ends < 0 && isFailure(line.trim())) inside = false
    if (!inside && begins < 0 && line.trim() !== '') lines.push(line.slice(0, 400).trim())
    // What stands before BEGIN on its line may be a log's.
    if (!inside && begins > 0 && isLogLine(line.slice(0, begins).trimStart()))
      lines.push(line.slice(0, begins).trim())
    if (begins >= 0) inside = true
    if (ends > begins) inside = false
  }
  return lines
}

const logLine = [
  /^\[?\d{2,4}[-/]\d{2}[-/]\d{2,4}[\s,.T:]/, // a date
  /^\[\s{0,8}\d{1,10}[.,:\]\s]/, // [   12.345], [00:00:01
  /^\[?\d{2}:\d{2}:\d{2}(?:[\s.,\]]|$)/, // and no hex of openssl x509 -text
  /^[EWIDV] \(\d{1,12}\) /, // ESP-IDF
  /^(?:\x1b\[[\d;]{1,8}m)/, // colours
  /<(?:err|wrn|inf|dbg)> /, // Zephyr
  /^(?:\[[EWIDV]\]|(?:ERROR|WARN(?:ING)?|INFO|DEBUG|TRACE)\b[:\s\]])/,
  /^\[(?:ERROR|WARN|INFO|DEBUG)\]/i,
  /^[A-Z][a-z]{2}\s{1,2}\d{1,2} \d{2}:\d{2}:\d{2} /, // syslog
  /^\*\*\* Booting|^rst:0x|^ets [A-Z][a-z]{2} /,
  /^[+#%](?!X?CMNG)[A-Z]{3,20}(?:: |:\d)/, // answers of a modem
  /^AT[+#%$^](?!X?CMNG|CFUN|CMEE|CG[MS])[A-Z]{2}/i, // other commands
  /^[\w./-]{1,40}: .{0,200}\b(?:err(?:no|or)?|fail(?:ed|ure)?)\b[ :=]{1,3}-?(?:0x)?\d/i, // module: … error -1
]

/** `module: … errno 111`, and the same behind a time and a level. */
const failureLine =
  /^(?:.{0,60}<(?:err|wrn)> |[EW] \(\d{1,12}\) )?[A-Za-z][\w./-]{1,40}: .{0,200}\b(?:errno|err(?:or)?|fail(?:ed|ure)?)\b[ :=]{1,3}-?(?:0x)?\d/i

function isFailure(line: string): boolean {
  return failureLine.test(line.slice(0, 400))
}

function isLogLine(line: string): boolean {
  return logLine.some((form) => form.test(line))
}

function isUtf16(head: Uint8Array): boolean {
  return (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)
}
