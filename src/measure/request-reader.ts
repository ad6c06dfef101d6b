import type { RequestSeen } from '../exam/outcome.ts'
import { readRemainingLength } from '../mqtt/remaining-length.ts'
import { MqttSide } from './mqtt-side.ts'

/** Of one request kept at most; a longer head is told as `other`. */
const MAX_HEAD_BYTES = 16_384
/** Requests of one connection that are read. */
const MAX_REQUESTS = 64
const MQTT_CONNECT = 0x10

/** One request, as it is to be answered. */
export interface RequestRead {
  readonly seen: RequestSeen
  /** Of MQTT: what its protocol answers, which may be nothing at all. Undefined: what the question says. */
  readonly reply: Buffer | undefined
  /** Nothing else is answered on this connection, which the server closes. */
  readonly closes: boolean
}

/**
 * Reads heads of HTTP requests, or packets of MQTT, from what a device sends. Values of fields are not kept, but for
 * those that questions are about: they may be secrets. Bodies are passed over by Content-Length.
 */
export class RequestReader {
  readonly seen: RequestSeen[] = []
  readonly #waiting: RequestRead[] = []
  #mqtt: MqttSide | undefined
  #bytes: Buffer = Buffer.alloc(0)
  #skip = 0
  #closed = false

  /** The oldest request that was read whole and not taken yet: each is given once. */
  take(): RequestRead | undefined {
    return this.#waiting.shift()
  }

  push(bytes: Buffer): void {
    if (this.#closed) return
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    while (!this.#closed && this.#next()) if (this.seen.length >= MAX_REQUESTS) this.#close()
  }

  #next(): boolean {
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, this.#bytes.length)
      this.#bytes = this.#bytes.subarray(skipped)
      this.#skip -= skipped
      if (this.#skip > 0) return false
    }
    if (this.#bytes.length === 0) return false
    if (this.seen.length === 0 && this.#bytes[0] === MQTT_CONNECT) this.#mqtt = new MqttSide()
    if (this.#mqtt !== undefined) return this.#nextMqtt(this.#mqtt)
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
    const [, method, path, minor] = /^([A-Z]{1,20}) (\S{1,2048}) HTTP\/1\.([01])$/.exec(requestLine) ?? []
    if (method === undefined) {
      this.#other()
      return
    }
    const fields = lines.map((line) => /^([^:]{1,100}):\s*(.*)$/.exec(line))
    const fieldOf = (name: string) => fields.find((field) => field?.[1]?.toLowerCase() === name)?.[2]
    const seen: RequestSeen = {
      kind: 'http',
      method,
      path: path?.replace(/\?.*$/, '?…'),
      headBytes: head.length,
      headerNames: fields.flatMap((field) => field?.[1]?.toLowerCase() ?? []).slice(0, 64),
      range: fieldOf('range')?.slice(0, 100),
      connection: fieldOf('connection')?.slice(0, 100),
    }
    // The end of a body in chunks is not looked for: the connection ends instead.
    const closes = fieldOf('transfer-encoding') !== undefined || isLast(fieldOf('connection'), minor)
    this.#add({ seen, reply: undefined, closes })
    if (closes) {
      this.#close()
      return
    }
    const bodyBytes = Number(fieldOf('content-length') ?? 0)
    this.#skip = Number.isSafeInteger(bodyBytes) && bodyBytes > 0 ? bodyBytes : 0
    this.#bytes = this.#bytes.subarray(head.length)
  }

  #nextMqtt(side: MqttSide): boolean {
    const length = readRemainingLength(this.#bytes)
    if (length === undefined) return false
    const packetBytes = length === 'malformed' ? Number.POSITIVE_INFINITY : length.headerBytes + length.bytes
    if (packetBytes > MAX_HEAD_BYTES) {
      this.#other()
      return false
    }
    if (this.#bytes.length < packetBytes) return false
    const read = side.read(this.#bytes.subarray(0, packetBytes))
    this.#bytes = this.#bytes.subarray(packetBytes)
    this.#add(read)
    if (read.closes) this.#close()
    return true
  }

  #add(read: RequestRead): void {
    this.seen.push(read.seen)
    this.#waiting.push(read)
  }

  #other(): void {
    const none = {
      method: undefined,
      path: undefined,
      range: undefined,
      connection: undefined,
      headerNames: [],
    }
    this.#add({
      seen: { ...none, kind: 'other', headBytes: this.#bytes.length },
      reply: undefined,
      closes: false,
    })
    this.#close()
  }

  #close(): void {
    this.#closed = true
    this.#bytes = Buffer.alloc(0)
  }
}

/** Whether the server is to close after its answer, RFC 9112 §9.3. */
function isLast(connection: string | undefined, minor: string | undefined): boolean {
  const options = (connection ?? '').toLowerCase().split(/[\s,]+/)
  return options.includes('close') || (minor === '0' && !options.includes('keep-alive'))
}

function looksLikeText(bytes: Buffer): boolean {
  return bytes
    .subarray(0, 64)
    .every((byte) => byte === 0x0d || byte === 0x0a || byte === 0x09 || (byte >= 0x20 && byte < 0x7f))
}
