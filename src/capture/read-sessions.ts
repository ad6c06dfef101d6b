import { formatAddress } from './address-text.ts'
import { ByteStore } from './byte-store.ts'
import { DtlsFlow, datagramKind, UDP_HEADER_BYTES } from './dtls-flow.ts'
import { addressOf, type FlowEntry, FlowList, FlowTable, portOf } from './flow-table.ts'
import { UnfinishedBudget } from './handshake-assembler.ts'
import type { Moment, Packet } from './packet.ts'
import type { MakeRecordOpener } from './record-opener.ts'
import type { Peer, TlsSession } from './session.ts'
import { sessionOf } from './session-facts.ts'
import { type FlowContext, TCP_HEADER_BYTES, TcpFlow } from './tcp-flow.ts'
import { HeldBudget } from './tcp-stream.ts'

// How many connections are followed at once, by what they are; the least recently used gives way. A capture may hold
// millions: a SYN flood fills only the first list.

/** Without payload so far. */
const MAX_OPENING = 16_384
/** With payload, TLS found or still possible. */
const MAX_LIVE = 8_192
/** Without TLS, or with nothing more to learn: kept so that their packets are passed over at once. */
const MAX_IDLE = 32_768
/** Closed; late packets still find them. */
const MAX_CLOSED = 256
/** DTLS between two ends. */
const MAX_DTLS = 4_096

export interface SessionReaderOptions {
  /** Opens encrypted records where secrets are at hand. */
  readonly makeOpener?: MakeRecordOpener
  /** Takes each session as it ends instead of `finish`, in order of their ends. */
  readonly onSession?: (session: TlsSession) => void
}

/** Sessions kept for `finish`, by what they hold; those past it are counted. */
export const MAX_SESSION_BYTES = 33_554_432

/** Reads TLS and DTLS sessions out of packets: give it each packet in file order, then `finish`. */
export class SessionReader {
  readonly #options: SessionReaderOptions
  readonly #now: Moment = { frame: 0, timeMs: Number.NaN }
  readonly #context: FlowContext
  readonly #tcp = new FlowTable<TcpFlow>((flow) => this.#finish(flow))
  readonly #opening = new FlowList(MAX_OPENING)
  readonly #live = new FlowList(MAX_LIVE)
  readonly #idle = new FlowList(MAX_IDLE)
  readonly #closed = new FlowList(MAX_CLOSED)
  readonly #udp = new FlowTable<DtlsFlow>((flow) => this.#finish(flow))
  readonly #dtls = new FlowList(MAX_DTLS)
  #streams = 0
  #dtlsStreams = 0
  readonly #sessions: TlsSession[] = []
  #sessionBytes = 0
  /** Sessions that were seen and not kept, because too many came before. */
  sessionsLeftOut = 0
  /** Connections with TLS records of which no handshake was captured. */
  withoutHandshake = 0

  constructor(options: SessionReaderOptions = {}) {
    this.#options = options
    this.#context = {
      now: this.#now,
      store: new ByteStore(),
      makeOpener: options.makeOpener,
      held: new HeldBudget(),
      unfinished: new UnfinishedBudget(),
    }
  }

  /** A `PacketSink`. */
  readonly packet = (packet: Packet): void => {
    this.#now.frame = packet.frame
    this.#now.timeMs = packet.timeMs
    if (packet.protocol === 6) this.#segment(packet)
    else this.#datagram(packet)
  }

  /** Ends every connection; the sessions in order of their first packet. */
  finish(): TlsSession[] {
    for (const list of [this.#closed, this.#idle, this.#live, this.#opening]) {
      for (let flow = list.oldest; flow !== undefined; flow = list.oldest) {
        this.#tcp.remove(flow as TcpFlow)
        this.#finish(flow as TcpFlow)
      }
    }
    for (let flow = this.#dtls.oldest; flow !== undefined; flow = this.#dtls.oldest) {
      this.#udp.remove(flow as DtlsFlow)
      this.#finish(flow as DtlsFlow)
    }
    return this.#sessions.sort((a, b) => a.firstFrame - b.firstFrame || a.stream - b.stream)
  }

  #segment(packet: Packet): void {
    if (packet.end - packet.start < TCP_HEADER_BYTES) return
    let flow = this.#tcp.find(packet)
    const side = this.#tcp.reversed ? 1 : 0
    if (flow !== undefined) {
      const { bytes, start } = packet
      const flags = bytes[start + 13]!
      if ((flags & SYN) !== 0 && flow.isReused(side, flags, sequenceOf(packet))) {
        this.#tcp.remove(flow)
        this.#finish(flow)
        flow = undefined
      }
    }
    if (flow === undefined) {
      flow = new TcpFlow(this.#streams++, this.#context)
      this.#tcp.insert(flow, this.#opening)
    } else {
      this.#tcp.touch(flow)
    }
    if (flow.idle && (packet.bytes[packet.start + 13]! & CONTROL) === 0) return
    flow.receive(packet, side)
    this.#place(flow)
  }

  /** Most datagrams are no DTLS: those cost a look at two bytes. */
  #datagram(packet: Packet): void {
    if (packet.end - packet.start <= UDP_HEADER_BYTES) return
    const kind = datagramKind(packet)
    if (kind === 'none') return
    let flow = this.#udp.find(packet)
    const side = this.#udp.reversed ? 1 : 0
    if (kind === 'begins' && flow?.isReused(packet) === true) {
      this.#udp.remove(flow)
      this.#finish(flow)
      flow = undefined
    }
    if (flow === undefined) {
      if (kind !== 'begins') return
      flow = new DtlsFlow(this.#dtlsStreams++, this.#context)
      this.#udp.insert(flow, this.#dtls)
    } else {
      this.#udp.touch(flow)
    }
    flow.receive(packet, side)
  }

  #place(flow: TcpFlow): void {
    const list = flow.closed
      ? this.#closed
      : flow.idle
        ? this.#idle
        : flow.carried
          ? this.#live
          : this.#opening
    if (flow.list !== list) this.#tcp.move(flow, list)
  }

  #finish(flow: TcpFlow | DtlsFlow): void {
    flow.finish()
    const reader = flow.session
    if (reader === undefined) return
    if (!reader.hasHandshake) {
      this.withoutHandshake++
      return
    }
    const session = sessionOf(reader, {
      ends: [peerOf(flow, 'low'), peerOf(flow, 'high')],
      stream: flow.stream,
      firstFrame: flow.firstFrame,
      startMs: flow.startMs,
      closes: flow instanceof TcpFlow ? flow.closes : [],
      plainBytes: (side) => (flow instanceof TcpFlow ? flow.plainBytes(side) : 0),
    })
    if (this.#options.onSession !== undefined) {
      this.#options.onSession(session)
      return
    }
    this.#sessionBytes += heapBytes(session)
    if (this.#sessionBytes <= MAX_SESSION_BYTES) this.#sessions.push(session)
    else this.sessionsLeftOut++
  }
}

const SYN = 0x02
/** FIN, SYN, RST. */
const CONTROL = 0x07

function sequenceOf({ bytes, start }: Packet): number {
  return (bytes[start + 4]! << 24) | (bytes[start + 5]! << 16) | (bytes[start + 6]! << 8) | bytes[start + 7]!
}

function peerOf(flow: FlowEntry, end: 'low' | 'high'): Peer {
  return { address: formatAddress(addressOf(flow, end)), port: portOf(flow, end) }
}

/** About what a session weighs in memory, as measured; certificates are shared and counted a tenth. */
function heapBytes(session: TlsSession): number {
  let bytes = 1_500 + session.messages.length * 96 + session.alerts.length * 96
  for (const runs of [session.recordRuns.c2s, session.recordRuns.s2c]) bytes += (runs?.length ?? 0) * 56
  for (const hello of session.clientHellos) bytes += hello.bytes.length + 200
  for (const der of session.serverCertificates ?? []) bytes += 100 + der.length / 10
  for (const data of [session.applicationData.c2s, session.applicationData.s2c]) bytes += data?.length ?? 0
  return bytes
}
