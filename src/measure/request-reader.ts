import type { RequestSeen } from '../exam/outcome.ts'

/** Of one request kept at most; a longer head is told as `other`. */
const MAX_HEAD_BYTES = 16_384
/** Requests of one connection that are read. */
const MAX_REQUESTS = 64
const MQTT_CONNECT = 0x10

/**
 * Reads heads of HTTP requests, or one MQTT CONNECT, from what a device sends. Values of fields are not kept, but for
 * those that questions are about: they may be secrets. Bodies are passed over by Content-Length.
 */
export class RequestReader {
  readonly seen: RequestSeen[] = []
  #bytes: Buffer = Buffer.alloc(0)
  #skip = 0
  #closed = false

  /** Requests read whole. */
  get whole(): number {
    return this.seen.length
  }

  push(bytes: Buffer): void {
    if (this.#closed) return
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    while (!this.#closed && this.#next());
    if (this.seen.length >= MAX_REQUESTS) this.#close()
  }

  #next(): boolean {
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, this.#bytes.length)
      this.#bytes = this.#bytes.subarray(skipped)
      this.#skip -= skipped
      if (this.#skip > 0) return false
    }
    if (this.#bytes.length === 0) return false
    if (this.seen.length === 0 && this.#bytes[0] === MQTT_CONNECT) return this.#nextMqtt()
    const end = this.#bytes.indexOf('\r\n\r\n')
    if (end < 0) {
      if (this.#bytes.length > MAX_HEAD_BYTES || !looksLikeText(this.#bytes)) this.#other()
      return false
    }
    this.#takeHead(this.#bytes.subarray(0, end + 4))
    return true
  }

  #takeHead(head: Buffer): void {
    const [requestLine = '', ...lines] = head.toString('latin1').trimEnd().split('\r\n')
    const [, method, path] = /^([A-Z]{1,20}) (\S{1,2048}) HTTP\/1\.[01]$/.exec(requestLine) ?? []
    if (method === undefined) {
      this.#other()
      return
    }
    const fields = lines.map((line) => /^([^:]{1,100}):\s*(.*)$/.exec(line))
    const fieldOf = (name: string) => fields.find((field) => field?.[1]?.toLowerCase() === name)?.[2]
    this.seen.push({
      kind: 'http',
      method,
      path: path?.replace(/\?.*$/, '?…'),
      headBytes: head.length,
      headerNames: fields.flatMap((field) => field?.[1]?.toLowerCase() ?? []).slice(0, 64),
      range: fieldOf('range')?.slice(0, 100),
      connection: fieldOf('connection')?.slice(0, 100),
    })
    const bodyBytes = Number(fieldOf('content-length') ?? 0)
    this.#skip = Number.isSafeInteger(bodyBytes) && bodyBytes > 0 ? bodyBytes : 0
    this.#bytes = this.#bytes.subarray(head.length)
  }

  #nextMqtt(): boolean {
    let length = 0
    let at = 1
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[at++]
      if (byte === undefined) return false
      length += (byte & 0x7f) << shift
      if (byte < 0x80) break
      if (shift >= 21) {
        this.#other()
        return false
      }
    }
    if (length > MAX_HEAD_BYTES) this.#other()
    else if (this.#bytes.length >= at + length) this.#takeConnect(this.#bytes.subarray(0, at + length), at)
    return false
  }

  /** CONNECT, MQTT 3.1.1 §3.1: after the protocol's name its level. */
  #takeConnect(packet: Buffer, at: number): void {
    const nameBytes = packet.length >= at + 2 ? packet.readUInt16BE(at) : 0
    const level = packet[at + 2 + nameBytes]
    const none = { range: undefined, connection: undefined, headerNames: [] }
    this.seen.push({
      ...none,
      kind: 'mqtt',
      method: 'CONNECT',
      path: String(level ?? ''),
      headBytes: packet.length,
    })
    this.#close()
  }

  #other(): void {
    const none = {
      method: undefined,
      path: undefined,
      range: undefined,
      connection: undefined,
      headerNames: [],
    }
    this.seen.push({ ...none, kind: 'other', headBytes: this.#bytes.length })
    this.#close()
  }

  #close(): void {
    this.#closed = true
    this.#bytes = Buffer.alloc(0)
  }
}

function looksLikeText(bytes: Buffer): boolean {
  return bytes
    .subarray(0, 64)
    .every((byte) => byte === 0x0d || byte === 0x0a || byte === 0x09 || (byte >= 0x20 && byte < 0x7f))
}
