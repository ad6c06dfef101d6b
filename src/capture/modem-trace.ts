import { readExportedPdu } from './exported-pdu.ts'
import type { Frame, FrameSink } from './frame.ts'
import { type NasAcceptMessage, type NasReject, readNas } from './nas.ts'
import type { Packet } from './packet.ts'

/** One line of AT commands or answers, as the modem wrote it: it may hold keys. */
export interface ModemLine {
  readonly frame: number
  /** Since 1970 in milliseconds; NaN where the file gives no time. */
  readonly atMs: number
  readonly text: string
}

export interface ModemReject extends NasReject {
  readonly frame: number
  readonly atMs: number
}

/** The network took the device in. */
export interface ModemAccept {
  readonly frame: number
  readonly message: NasAcceptMessage
}

/** What a modem trace holds beside IP packets. */
export interface ModemTrace {
  readonly lines: readonly ModemLine[]
  /** In file order. */
  readonly rejects: readonly ModemReject[]
  readonly accepts: readonly ModemAccept[]
  /** Frame of the last message that cannot be read: it may be an accept. 0: none. */
  readonly lastCipheredFrame: number
  /** Frame of the last IP packet in the trace: the device had a data connection. 0: none. */
  readonly lastIpFrame: number
  /** Frames of the trace that say nothing here, by what they are. */
  readonly skipped: readonly { readonly what: string; readonly frames: number }[]
  /** Lines or rejects beyond the bounds. */
  readonly leftOut: number
}

/** Kept from the beginning, and as many from the end: what stops a device now is told last. */
const MAX_LINES = 10_000
const MAX_ANSWERS = 1000
const MAX_LINE_CHARS = 2000
/** One AT command may carry a chain of certificates. */
const MAX_AT_BYTES = 65_536
const MAX_KINDS = 32

/** tcpdump.org's LINKTYPE registry. */
const UPPER_PDU = 252
const GSMTAP_UM = 217
const FIRST_USER = 147
const LAST_USER = 162
const RAW_IP = 101
const ETHERNET = 1

const GSMTAP_PORT = 4729
const UDP_HEADER_BYTES = 8

/** libosmocore, gsmtap.h: version 2, length in words of four bytes, then the type. */
const GSMTAP_VERSION = 2
const GSMTAP_HEADER_BYTES = 16
const GSMTAP_SUB_TYPE_AT = 12
const gsmtapTypes: Readonly<Record<number, string>> = {
  1: 'GSM Um',
  4: 'SIM',
  12: 'UMTS RRC',
  13: 'LTE RRC',
  14: 'LTE MAC',
  15: 'LTE MAC',
  16: 'a log of Osmocom',
  17: 'Qualcomm DIAG',
}
const GSMTAP_LTE_NAS = 0x12

/**
 * Takes from a modem trace that was exported to a capture what tells why there is no network: AT lines and the
 * network's rejects. IP packets go on to the decapsulator, everything else is counted.
 */
export class ModemTraceReader {
  readonly #onIp: FrameSink
  readonly #first: ModemLine[] = []
  #last: ModemLine[] = []
  readonly #rejects: ModemReject[] = []
  readonly #accepts: ModemAccept[] = []
  #lastCipheredFrame = 0
  #lastIpFrame = 0
  readonly #skipped = new Map<string, number>()
  #leftOut = 0

  constructor(onIp: FrameSink) {
    this.#onIp = onIp
  }

  /** For `Decapsulator`: whether the frame was read, or counted here. */
  readonly other = (frame: Frame): boolean => {
    if (frame.linkType === GSMTAP_UM)
      return this.#gsmtap(frame.bytes, frame.start, frame.end, frame.number, frame.timeMs)
    const user = frame.linkType >= FIRST_USER && frame.linkType <= LAST_USER
    if (frame.linkType !== UPPER_PDU && !user) return false
    const pdu = readExportedPdu(frame.bytes, frame.start, frame.end)
    if (pdu === undefined) {
      // What a user link type holds is only known to who made the file.
      if (user) return false
      this.#skip('unreadable header')
      return true
    }
    if (pdu.by !== 'name') this.#skip(pdu.dissector)
    else this.#dissect(pdu.dissector, frame, pdu.start)
    return true
  }

  /** Whether the datagram is one of GSMTAP. `packet` begins at its UDP header. */
  readonly datagram = (packet: Packet): boolean => {
    const { bytes, start, end } = packet
    if (packet.protocol !== 17 || end - start < UDP_HEADER_BYTES) return false
    if (bytes.readUInt16BE(start + 2) !== GSMTAP_PORT) return false
    return this.#gsmtap(bytes, start + UDP_HEADER_BYTES, end, packet.frame, packet.timeMs)
  }

  /** undefined: nothing of a modem was in the capture. */
  finish(): ModemTrace | undefined {
    const kept = this.#first.length + this.#rejects.length + this.#accepts.length
    if (kept + this.#skipped.size === 0) return undefined
    const last = this.#last.slice(-MAX_LINES)
    return {
      lines: [...this.#first, ...last],
      rejects: this.#rejects,
      accepts: this.#accepts,
      lastCipheredFrame: this.#lastCipheredFrame,
      lastIpFrame: this.#lastIpFrame,
      skipped: [...this.#skipped].map(([what, frames]) => ({ what, frames })),
      leftOut: this.#leftOut + this.#last.length - last.length,
    }
  }

  #dissect(dissector: string, frame: Frame, start: number): void {
    const name = dissector.toLowerCase()
    if (name === 'at' || name === 'at_command' || name === 'at-command') this.#at(frame, start)
    else if (name === 'nas-eps' || name === 'nas-eps_plain')
      this.#nas(frame.bytes.subarray(start, frame.end), frame.number, frame.timeMs)
    else if (name === 'ip' || name === 'ipv6') this.#inner(frame, start, RAW_IP)
    else if (name === 'eth' || name === 'eth_withoutfcs' || name === 'eth_maybefcs')
      this.#inner(frame, start, ETHERNET)
    else this.#skip(dissector)
  }

  #inner(frame: Frame, start: number, linkType: number): void {
    this.#lastIpFrame = frame.number
    const wireBytes = Math.max(frame.end - start, frame.wireBytes - (start - frame.start))
    this.#onIp({ ...frame, linkType, start, wireBytes })
  }

  #at(frame: Frame, start: number): void {
    const end = Math.min(frame.end, start + MAX_AT_BYTES)
    for (const text of atLines(frame.bytes.toString('utf8', start, end))) {
      const line = { frame: frame.number, atMs: frame.timeMs, text: text.slice(0, MAX_LINE_CHARS) }
      if (this.#first.length < MAX_LINES) this.#first.push(line)
      else this.#last.push(line)
    }
    if (this.#last.length > 2 * MAX_LINES) {
      this.#leftOut += this.#last.length - MAX_LINES
      this.#last = this.#last.slice(-MAX_LINES)
    }
  }

  #nas(message: Uint8Array, frame: number, atMs: number): void {
    const read = readNas(message)
    if (read.kind === 'unknown') this.#skip('NAS, not understood')
    else if (read.kind === 'ciphered') {
      this.#lastCipheredFrame = frame
      this.#skip('NAS, ciphered')
    } else if (read.accept !== undefined) this.#accept({ frame, message: read.accept })
    else if (read.rejects.length === 0) this.#skip('NAS, no answer')
    else for (const reject of read.rejects) this.#reject({ frame, atMs, ...reject })
  }

  #reject(reject: ModemReject): void {
    if (this.#rejects.length < MAX_ANSWERS) this.#rejects.push(reject)
    else this.#leftOut++
  }

  #accept(accept: ModemAccept): void {
    // The last ones count: they tell whether a reject was overcome.
    if (this.#accepts.length >= MAX_ANSWERS) this.#accepts.shift()
    this.#accepts.push(accept)
  }

  #gsmtap(bytes: Buffer, start: number, end: number, frame: number, atMs: number): boolean {
    if (end - start < GSMTAP_HEADER_BYTES) return false
    const headerBytes = bytes.readUInt8(start + 1) * 4
    if (bytes.readUInt8(start) !== GSMTAP_VERSION || headerBytes < GSMTAP_HEADER_BYTES) return false
    if (headerBytes > end - start) return false
    const type = bytes.readUInt8(start + 2)
    // Sub-types of NAS: plain, or with its security header; the first byte of the message tells that too.
    if (type === GSMTAP_LTE_NAS && bytes.readUInt8(start + GSMTAP_SUB_TYPE_AT) <= 1)
      this.#nas(bytes.subarray(start + headerBytes, end), frame, atMs)
    else this.#skip(gsmtapTypes[type] ?? `GSMTAP type ${type}`)
    return true
  }

  #skip(what: string): void {
    const known = this.#skipped.get(what)
    const kind = known !== undefined || this.#skipped.size < MAX_KINDS ? what : 'other'
    this.#skipped.set(kind, (this.#skipped.get(kind) ?? 0) + 1)
  }
}

/** A PEM block of a command (`%CMNG`) is one line: a key of many short lines could not be told from text. */
function atLines(text: string): string[] {
  return text
    .replace(/-----BEGIN [\s\S]*?(?:-----END [^\r\n"]{0,80}|$)/g, '[PEM]')
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
