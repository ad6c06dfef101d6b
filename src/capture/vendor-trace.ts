/** A raw trace of a modem's maker: no capture, but there is a tool that makes one of it. */
export interface VendorTrace {
  readonly name: string
  /** The converting command. */
  readonly hint: string
}

const nordic = 'convert it: nrfutil trace lte --input-file FILE --output-pcapng OUT.pcapng'
const qualcomm = 'convert it: scat -t qc -d FILE -F OUT.pcap'
const qualcommLog = 'convert it: qcsuper --dlf-read FILE --pcap-dump OUT.pcap'
const exportIt = 'open it in QXDM or QCAT and export it to a DLF or pcap file'

/**
 * By content, or by a name that its tools give; undefined for text and for what is not known. Nordic does not document
 * a magic number of its traces, which nRF Util and the Cellular Monitor write as .mtrace, .bin or .raw.
 */
export function vendorTrace(fileName: string, head: Uint8Array): VendorTrace | undefined {
  if (isDiagStream(head)) return { name: 'a raw trace of a Qualcomm modem (DIAG)', hint: qualcomm }
  if (!head.includes(0)) return undefined
  const file = fileName.toLowerCase().split(/[/\\]/).at(-1) ?? ''
  const extension = file.slice(file.lastIndexOf('.') + 1)
  switch (extension) {
    case 'mtrace':
      return { name: 'a raw modem trace of Nordic', hint: nordic }
    case 'bin':
    case 'raw':
      if (!/trace|modem/.test(file)) return undefined
      return { name: 'by its name a raw modem trace, perhaps of Nordic', hint: nordic }
    case 'qmdl':
    case 'qmdl2':
      return { name: 'a raw trace of a Qualcomm modem (QMDL)', hint: qualcomm }
    case 'dlf':
      return { name: 'a log of a Qualcomm modem (DLF)', hint: qualcommLog }
    case 'isf':
      return { name: 'a log of QXDM (ISF)', hint: exportIt }
    case 'sdm':
      return {
        name: 'a raw trace of a Samsung modem (SDM)',
        hint: 'convert it: scat -t sec -d FILE -F OUT.pcap',
      }
    default:
      return undefined
  }
}

const FLAG = 0x7e
const ESCAPE = 0x7d
/** Remainder of a whole frame with its check (RFC 1662 appendix C). */
const GOOD_FCS = 0xf0b8
const SHORTEST_FRAME = 8
const ENOUGH_FRAMES = 3
const MAX_FRAME_BYTES = 20_000
const MAX_FRAMES = 64

/** Frames that end in 0x7e, escaped as in HDLC, each with a right CRC: chance does not make three in a row. */
function isDiagStream(head: Uint8Array): boolean {
  let good = 0
  let bad = 0
  let start = 0
  while (good + bad < MAX_FRAMES) {
    const end = head.indexOf(FLAG, start)
    if (end < 0 || end - start > MAX_FRAME_BYTES) break
    // PPP on a serial line has the same frames; each begins with its address, all stations.
    if (end > start && head[start] === 0xff) return false
    if (end - start >= SHORTEST_FRAME) {
      if (fcsOf(head.subarray(start, end)) === GOOD_FCS) good++
      else bad++
    }
    start = end + 1
  }
  return good >= ENOUGH_FRAMES && good > bad
}

function fcsOf(escaped: Uint8Array): number {
  let fcs = 0xffff
  for (let at = 0; at < escaped.length; at++) {
    let byte = escaped[at] as number
    if (byte === ESCAPE) byte = (escaped[++at] ?? 0) ^ 0x20
    fcs ^= byte
    for (let bit = 0; bit < 8; bit++) fcs = (fcs & 1) !== 0 ? (fcs >>> 1) ^ 0x8408 : fcs >>> 1
  }
  return fcs
}
