import type { Packet } from './packet.ts'

/**
 * One end-to-end conversation by its 4-tuple, as the table keeps it. The ends have no role here: `low` is the end
 * whose address and port sort first, so that packets of both directions find the same entry.
 */
export class FlowEntry {
  hash = 0
  addressBytes: 4 | 16 = 4
  low0 = 0
  low1 = 0
  low2 = 0
  low3 = 0
  high0 = 0
  high1 = 0
  high2 = 0
  high3 = 0
  /** Port of the low end in the upper half. */
  ports = 0
  chain: FlowEntry | undefined
  older: FlowEntry | undefined
  newer: FlowEntry | undefined
  list: FlowList | undefined
}

/** Entries in order of last use, at most `limit`. */
export class FlowList {
  readonly limit: number
  count = 0
  oldest: FlowEntry | undefined
  newest: FlowEntry | undefined

  constructor(limit: number) {
    this.limit = limit
  }

  push(entry: FlowEntry): void {
    entry.list = this
    entry.older = this.newest
    entry.newer = undefined
    if (this.newest === undefined) this.oldest = entry
    else this.newest.newer = entry
    this.newest = entry
    this.count++
  }

  remove(entry: FlowEntry): void {
    if (entry.older === undefined) this.oldest = entry.newer
    else entry.older.newer = entry.newer
    if (entry.newer === undefined) this.newest = entry.older
    else entry.newer.older = entry.older
    entry.older = entry.newer = entry.list = undefined
    this.count--
  }
}

/** Buckets of the hash; a power of two. */
const BUCKETS = 65_536
/** Entries in one bucket: more come from a sender who chooses addresses so that they collide. */
const MAX_CHAIN = 64

/**
 * Finds the entry of a packet by its 4-tuple: numbers only, nothing allocated on the way. `F` is the one class of
 * entry that is put in.
 */
export class FlowTable<F extends FlowEntry> {
  readonly #buckets: (FlowEntry | undefined)[] = new Array(BUCKETS).fill(undefined)
  readonly #onEvict: (flow: F) => void
  /** Whether the packet looked up last goes from the high end to the low one. */
  reversed = false
  #hash = 0
  #addressBytes: 4 | 16 = 4
  #low0 = 0
  #low1 = 0
  #low2 = 0
  #low3 = 0
  #high0 = 0
  #high1 = 0
  #high2 = 0
  #high3 = 0
  #ports = 0

  /** `onEvict` is told of each flow that had to make room. */
  constructor(onEvict: (flow: F) => void) {
    this.#onEvict = onEvict
  }

  find(packet: Packet): F | undefined {
    this.#key(packet)
    let entry = this.#buckets[this.#hash]
    while (entry !== undefined && !this.#matches(entry)) entry = entry.chain
    return entry as F | undefined
  }

  /** Puts `flow` in under the key of the packet looked up last, and on `list`. */
  insert(flow: F, list: FlowList): void {
    flow.hash = this.#hash
    flow.addressBytes = this.#addressBytes
    flow.low0 = this.#low0
    flow.low1 = this.#low1
    flow.low2 = this.#low2
    flow.low3 = this.#low3
    flow.high0 = this.#high0
    flow.high1 = this.#high1
    flow.high2 = this.#high2
    flow.high3 = this.#high3
    flow.ports = this.#ports
    this.#shortenChain(flow.hash)
    flow.chain = this.#buckets[flow.hash]
    this.#buckets[flow.hash] = flow
    list.push(flow)
    this.#trim(list)
  }

  /** Most recently used of its list. */
  touch(flow: F): void {
    const list = flow.list
    if (list === undefined || list.newest === flow) return
    list.remove(flow)
    list.push(flow)
  }

  move(flow: F, to: FlowList): void {
    if (flow.list === to) return
    flow.list?.remove(flow)
    to.push(flow)
    this.#trim(to)
  }

  /** Takes `flow` out without a word to `onEvict`. */
  remove(flow: F): void {
    flow.list?.remove(flow)
    const first = this.#buckets[flow.hash]
    if (first === flow) {
      this.#buckets[flow.hash] = flow.chain
    } else {
      let before = first
      while (before !== undefined && before.chain !== flow) before = before.chain
      if (before !== undefined) before.chain = flow.chain
    }
    flow.chain = undefined
  }

  #evict(flow: F): void {
    this.remove(flow)
    this.#onEvict(flow)
  }

  #trim(list: FlowList): void {
    while (list.count > list.limit && list.oldest !== undefined) this.#evict(list.oldest as F)
  }

  #shortenChain(hash: number): void {
    let count = 0
    let last: FlowEntry | undefined
    for (let entry = this.#buckets[hash]; entry !== undefined; entry = entry.chain) {
      last = entry
      count++
    }
    if (count >= MAX_CHAIN && last !== undefined) this.#evict(last as F)
  }

  #matches(entry: FlowEntry): boolean {
    if (entry.ports !== this.#ports || entry.low0 !== this.#low0 || entry.high0 !== this.#high0) return false
    if (entry.addressBytes !== this.#addressBytes) return false
    return (
      this.#addressBytes === 4 ||
      (entry.low1 === this.#low1 &&
        entry.low2 === this.#low2 &&
        entry.low3 === this.#low3 &&
        entry.high1 === this.#high1 &&
        entry.high2 === this.#high2 &&
        entry.high3 === this.#high3)
    )
  }

  #key(packet: Packet): void {
    const { addresses, source, destination, bytes, start } = packet
    const sourcePort = (bytes[start]! << 8) | bytes[start + 1]!
    const destinationPort = (bytes[start + 2]! << 8) | bytes[start + 3]!
    this.#addressBytes = packet.addressBytes
    const s0 = word(addresses, source)
    const d0 = word(addresses, destination)
    if (packet.addressBytes === 4) {
      const reversed = s0 > d0 || (s0 === d0 && sourcePort > destinationPort)
      this.reversed = reversed
      this.#low0 = reversed ? d0 : s0
      this.#high0 = reversed ? s0 : d0
      this.#ports = reversed ? (destinationPort << 16) | sourcePort : (sourcePort << 16) | destinationPort
      this.#hash = mix(mix(mix(0, this.#low0), this.#high0), this.#ports) & (BUCKETS - 1)
      return
    }
    const s1 = word(addresses, source + 4)
    const s2 = word(addresses, source + 8)
    const s3 = word(addresses, source + 12)
    const d1 = word(addresses, destination + 4)
    const d2 = word(addresses, destination + 8)
    const d3 = word(addresses, destination + 12)
    const order = s3 - d3 || s2 - d2 || s1 - d1 || s0 - d0 || sourcePort - destinationPort
    const reversed = order > 0
    this.reversed = reversed
    this.#low0 = reversed ? d0 : s0
    this.#low1 = reversed ? d1 : s1
    this.#low2 = reversed ? d2 : s2
    this.#low3 = reversed ? d3 : s3
    this.#high0 = reversed ? s0 : d0
    this.#high1 = reversed ? s1 : d1
    this.#high2 = reversed ? s2 : d2
    this.#high3 = reversed ? s3 : d3
    this.#ports = reversed ? (destinationPort << 16) | sourcePort : (sourcePort << 16) | destinationPort
    let hash = mix(mix(mix(0, this.#low0), this.#high0), this.#ports)
    hash = mix(mix(mix(hash, this.#low1), this.#low2), this.#low3)
    hash = mix(mix(mix(hash, this.#high1), this.#high2), this.#high3)
    this.#hash = hash & (BUCKETS - 1)
  }
}

/** Whole address of an end: 4 or 16 bytes in network order. */
export function addressOf(flow: FlowEntry, end: 'low' | 'high'): Uint8Array {
  const words =
    end === 'low'
      ? [flow.low0, flow.low1, flow.low2, flow.low3]
      : [flow.high0, flow.high1, flow.high2, flow.high3]
  const bytes = new Uint8Array(flow.addressBytes)
  for (let at = 0; at < bytes.length; at++) bytes[at] = words[at >> 2]! >> (24 - 8 * (at & 3))
  return bytes
}

export function portOf(flow: FlowEntry, end: 'low' | 'high'): number {
  return end === 'low' ? flow.ports >>> 16 : flow.ports & 0xffff
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}
