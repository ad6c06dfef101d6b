import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Disturbance, Serving } from '../exam/serving.ts'
import { decodeAlerts } from '../tls/alert.ts'
import { contentTypes } from '../tls/content-types.ts'
import { RecordReader } from '../tls/record-reader.ts'
import { RecordHeaders } from './record-headers.ts'
import { Reframer } from './reframe.ts'
import { Passed } from './tls-side.ts'

/**
 * The stream that OpenSSL writes its records to: what it writes is cut anew, slowed down or broken off before it goes to
 * the device. What comes from the device goes through as it is, and is watched.
 */
export class ShapedSocket extends Duplex {
  readonly passed = new Passed()
  readonly #raw: Socket
  readonly #reframer: Reframer
  readonly #disturbance: Disturbance | undefined
  readonly #inbound = new RecordReader()
  readonly #outbound = new RecordHeaders()
  #inboundBroken = false
  /** A ChangeCipherSpec was received: the device has taken the server's flight. */
  #inSealed = false
  #outSealed = false
  #broken = false

  constructor(raw: Socket, firstBytes: Uint8Array, { flight, disturbance }: Serving) {
    super({ allowHalfOpen: true })
    this.#raw = raw
    this.#reframer = new Reframer(flight)
    this.#disturbance = disturbance
    // Small writes go out one by one, and do not wait for each other.
    raw.setNoDelay(true)
    this.#receive(Buffer.from(firstBytes))
    raw.on('data', (bytes: Buffer) => this.#receive(bytes))
    raw.on('end', () => this.push(null))
    raw.on('error', (error) => this.destroy(error))
    raw.on('close', () => this.destroy())
  }

  override _read(): void {
    this.#raw.resume()
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    const shaped = this.#reframer.push(bytes)
    this.#watchSent(shaped)
    this.#send(shaped).then(() => done(), done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#send(this.#reframer.end())
      .then(() => this.#raw.end())
      .then(() => done(), done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#raw.destroy()
    done(error)
  }

  #receive(bytes: Buffer): void {
    this.#watchReceived(bytes)
    if (!this.push(bytes)) this.#raw.pause()
  }

  #watchReceived(bytes: Buffer): void {
    if (this.#inboundBroken) return
    this.#inbound.push(bytes)
    try {
      for (let record = this.#inbound.next(); record !== undefined; record = this.#inbound.next()) {
        if (record.contentType === contentTypes.change_cipher_spec.code) this.#inSealed = true
        if (record.contentType === contentTypes.handshake.code && !this.#inSealed)
          this.passed.receivedFlightBytes += record.fragment.length
        if (record.contentType !== contentTypes.alert.code) continue
        if (this.#inSealed) this.passed.sealedAlerts++
        else this.passed.alerts.push(...decodeAlerts(record.fragment).map(({ description }) => description))
      }
    } catch {
      // What is no TLS is told by OpenSSL; here it is only not watched any more.
      this.#inboundBroken = true
    }
  }

  /** OpenSSL's output comes in pieces that begin and end anywhere in a record. */
  #watchSent(bytes: Buffer): void {
    for (const { contentType, length } of this.#outbound.push(bytes)) {
      if (contentType !== contentTypes.handshake.code) this.#outSealed = true
      if (this.#outSealed) this.passed.sealedRecordBytes = Math.max(this.passed.sealedRecordBytes, length)
      else {
        this.passed.flightRecordBytes = Math.max(this.passed.flightRecordBytes, length)
        this.passed.flightBytes += length
      }
    }
  }

  async #send(bytes: Buffer): Promise<void> {
    if (bytes.length === 0 || this.#broken) return
    const disturbance = this.#disturbance
    if (disturbance?.kind === 'close' && disturbance.after === 'flight') {
      this.#broken = true
      await this.#write(bytes.subarray(0, bytes.length >> 1))
      this.#raw.end()
      return
    }
    if (disturbance?.kind !== 'slow') return this.#write(bytes)
    for (let at = 0; at < bytes.length && !this.#raw.destroyed; at += disturbance.bytesPerWrite) {
      await this.#write(bytes.subarray(at, at + disturbance.bytesPerWrite))
      await new Promise((resolve) => setTimeout(resolve, disturbance.pauseMs))
    }
  }

  #write(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#raw.destroyed || this.#raw.writableEnded) {
        resolve()
        return
      }
      this.#raw.write(bytes, (error) => {
        if (error) reject(error)
        else resolve()
      })
    })
  }
}
