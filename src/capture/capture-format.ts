import { type PcapVariant, pcapVariants } from './pcap.ts'

/** First bytes that tell a capture from all else. */
export const CAPTURE_MAGIC_BYTES = 4

/** What the first bytes of a file say it is. */
export type CaptureFormat =
  | { readonly kind: 'pcap'; readonly variant: PcapVariant; readonly little: boolean }
  | { readonly kind: 'pcapng' }
  | { readonly kind: 'gzip' }
  /** A capture that is not read, or a packed file; `hint` is how to make it readable. */
  | { readonly kind: 'other'; readonly name: string; readonly hint: string }

/** undefined: none of them. At least `CAPTURE_MAGIC_BYTES` are wanted. */
export function captureFormat(firstBytes: Uint8Array): CaptureFormat | undefined {
  if (firstBytes.length < CAPTURE_MAGIC_BYTES) return undefined
  const view = new DataView(firstBytes.buffer, firstBytes.byteOffset, firstBytes.byteLength)
  const big = view.getUint32(0, false)
  if (big === 0x0a0d0d0a) return { kind: 'pcapng' }
  if (big >>> 8 === 0x1f8b08) return { kind: 'gzip' }
  const little = view.getUint32(0, true)
  for (const variant of pcapVariants) {
    if (variant.magic === little) return { kind: 'pcap', variant, little: true }
    if (variant.magic === big) return { kind: 'pcap', variant, little: false }
  }
  const other = others.find(({ magic }) => magic === big || magic === little)
  return other && { kind: 'other', name: other.name, hint: other.hint }
}

/** pcap, pcapng, or gzip that may hold one. */
export function looksLikeCapture(firstBytes: Uint8Array): boolean {
  const format = captureFormat(firstBytes)
  return format !== undefined && (format.kind !== 'other' || format.hint === CONVERT)
}

/** Fewer bytes than tell a capture, that are the beginning of one and no text. */
export function looksLikeCutCapture(bytes: Uint8Array): boolean {
  if (bytes.length === 0 || bytes.length >= CAPTURE_MAGIC_BYTES) return false
  if (bytes.every((byte) => byte === 0x09 || byte === 0x0a || byte === 0x0d || (byte >= 0x20 && byte < 0x7f)))
    return false
  const magics = pcapVariants.flatMap(({ magic }) => [bytesOf(magic), bytesOf(magic).reverse()])
  return [PCAPNG_MAGIC, GZIP_MAGIC, ...magics].some((magic) => bytes.every((byte, at) => byte === magic[at]))
}

const PCAPNG_MAGIC = [0x0a, 0x0d, 0x0d, 0x0a]
const GZIP_MAGIC = [0x1f, 0x8b, 0x08]

function bytesOf(magic: number): number[] {
  return [24, 16, 8, 0].map((shift) => (magic >>> shift) & 0xff)
}

const CONVERT = 'convert it: editcap -F pcapng FILE OUT.pcapng'

/** As read big-endian; pcap variants come in the writer's byte order. */
const others: readonly { readonly magic: number; readonly name: string; readonly hint: string }[] = [
  { magic: 0xa1b234cd, name: 'a pcap of Navtel', hint: CONVERT },
  { magic: 0xa1e2cb12, name: 'a pcap with aligned records', hint: CONVERT },
  { magic: 0x1c0001ab, name: 'a pcap of Ixia', hint: CONVERT },
  { magic: 0x1c0001ac, name: 'a pcap of Ixia', hint: CONVERT },
  { magic: 0x736e6f6f, name: 'a snoop capture', hint: CONVERT },
  { magic: 0x474d4255, name: 'a Network Monitor capture', hint: CONVERT },
  { magic: 0x52545353, name: 'a Network Monitor capture', hint: CONVERT },
  { magic: 0x5452534e, name: 'a Sniffer capture', hint: CONVERT },
  { magic: 0x28b52ffd, name: 'packed with zstd', hint: 'unpack it: zstd -d FILE' },
  { magic: 0x04224d18, name: 'packed with lz4', hint: 'unpack it: lz4 -d FILE' },
  { magic: 0xfd377a58, name: 'packed with xz', hint: 'unpack it: xz -d FILE' },
  { magic: 0x504b0304, name: 'a ZIP archive', hint: 'unpack it: unzip FILE' },
]
