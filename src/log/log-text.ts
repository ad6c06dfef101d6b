/** Input that is no log. `code` is `not-text`. */
export class LogError extends Error {
  override readonly name = 'LogError'
  readonly code = 'not-text'
  /** Byte at which it shows. */
  readonly offset: number
  readonly hint = 'give the text that the device printed, a PEM file, or a capture (pcap, pcapng)'

  constructor(offset: number, what: string) {
    super(what)
    this.offset = offset
  }
}

/** The first bytes tell what it is. */
const SAMPLE_BYTES = 65_536
/** Serial noise is a few odd bytes at a reset; a binary file has them everywhere. */
const MOST_CONTROL_BYTES = 0.1
/** Bytes above ASCII that are no UTF-8: a few are noise, or umlauts of an old code page. */
const MOST_ODD_BYTES = 0.25
const FEW_CONTROL_BYTES = 0.02

/** Turns UTF-16, as PowerShell and some terminals write it, into UTF-8, and refuses binary files. */
export class LogText {
  #encoding: 'utf8' | 'utf16le' | 'utf16be' | undefined
  #odd: Uint8Array = new Uint8Array(0)

  decode(chunk: Uint8Array): Uint8Array {
    // An empty piece tells nothing of what is to come.
    if (chunk.length === 0) return chunk
    this.#encoding ??= encodingOf(chunk)
    if (this.#encoding === 'utf8') return chunk
    const bytes = Buffer.concat([this.#odd, chunk])
    const even = bytes.length - (bytes.length % 2)
    this.#odd = bytes.subarray(even)
    const units = Buffer.from(bytes.subarray(0, even))
    if (this.#encoding === 'utf16be') units.swap16()
    return Buffer.from(units.toString('utf16le'), 'utf8')
  }
}

function encodingOf(chunk: Uint8Array): 'utf8' | 'utf16le' | 'utf16be' {
  const sample = chunk.subarray(0, SAMPLE_BYTES)
  if (sample[0] === 0xff && sample[1] === 0xfe) return 'utf16le'
  if (sample[0] === 0xfe && sample[1] === 0xff) return 'utf16be'
  const zeros = [0, 0]
  let controls = 0
  let first = -1
  for (const [at, byte] of sample.entries()) {
    if (byte === 0) zeros[at % 2]!++
    const printable = byte >= 32 || (byte >= 7 && byte <= 13) || byte === 27
    if (printable) continue
    controls++
    if (first < 0) first = at
  }
  if (sample.length >= 8 && zeros[1]! > sample.length * 0.3 && zeros[0]! < sample.length * 0.05)
    return 'utf16le'
  if (sample.length >= 8 && zeros[0]! > sample.length * 0.3 && zeros[1]! < sample.length * 0.05)
    return 'utf16be'
  const few = Math.min(8, sample.length / 2)
  const odd = controls > sample.length * FEW_CONTROL_BYTES ? controls + malformed(sample) : controls
  if (
    controls > Math.max(few, sample.length * MOST_CONTROL_BYTES) ||
    odd > Math.max(few, sample.length * MOST_ODD_BYTES)
  ) {
    throw new LogError(
      first,
      `this is no text: ${controls} of the first ${sample.length} bytes are control codes, the first at byte ${first}`,
    )
  }
  return 'utf8'
}

/** How much of the sample is no UTF-8. */
function malformed(sample: Uint8Array): number {
  return Buffer.from(sample).toString('utf8').split('\ufffd').length - 1
}
