/** Longest dump read, in bytes. */
const MAX_DUMP_BYTES = 2_097_152

/** One line of `xxd` or `hexdump -C`: an offset, then up to 16 bytes in hex; what follows two blanks is text. */
const dumpLine =
  /^\s{0,8}([0-9a-fA-F]{4,16}):?\s{1,4}((?:[0-9a-fA-F]{2}\s{0,2}){1,16})(?:\s.{0,40}|\|.{0,20}|$)/

/**
 * The bytes of a text that is the output of `xxd`, `hexdump -C` or `od -A x -t x1z`: every line an offset and up to 16
 * bytes, the offsets without a hole. Undefined for any other text.
 */
export function readHexDump(text: string): Uint8Array | undefined {
  const bytes: number[] = []
  let rows = 0
  for (const line of linesOf(text)) {
    if (line.trim() === '') continue
    const found = dumpLine.exec(line)
    if (found === null) {
      // The last line of hexdump and od is the length alone.
      if (rows > 0 && /^[0-9a-fA-F]{4,16}$/.test(line.trim())) continue
      return undefined
    }
    if (Number.parseInt(found[1]!, 16) !== bytes.length) return undefined
    const row = found[2]!.match(/[0-9a-fA-F]{2}/g) ?? []
    for (const byte of row) bytes.push(Number.parseInt(byte, 16))
    rows++
    if (bytes.length > MAX_DUMP_BYTES) return undefined
  }
  return rows >= 4 ? Uint8Array.from(bytes) : undefined
}

/** Lines cut at 200 characters; a dump has none that long. */
function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const feed = text.indexOf('\n', at)
    const end = feed < 0 ? text.length : feed
    yield text.slice(at, Math.min(end, at + 200))
    at = end + 1
  }
}

/** Hex and nothing else, as `xxd -p` and `openssl x509 -outform DER | hexdump` leave it; colons and blanks allowed. */
export function readPlainHex(text: string): Uint8Array | undefined {
  if (text.length > 4 * MAX_DUMP_BYTES || !/^\s{0,20}30\s?:?8[0-4]/.test(text)) return undefined
  if (/[^0-9a-fA-F\s:]/.test(text)) return undefined
  return Uint8Array.from(Buffer.from(text.replace(/[\s:]/g, ''), 'hex'))
}
