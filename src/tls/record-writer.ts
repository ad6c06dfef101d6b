import { contentTypes } from './content-types.ts'
import type { Sealer } from './record-protection.ts'
import { RECORD_HEADER_BYTES } from './record-reader.ts'
import type { StepBuilder } from './step.ts'
import { versions } from './versions.ts'

/** Cuts what we send into records, protects them, and tells of each. */
export class RecordWriter {
  /**
   * Version of the record header. TLS 1.0 before the version is known: RFC 5246 Appendix E.1 lets a first
   * ClientHello carry any 3.x, and 3.1 is what most clients send.
   */
  #version: number = versions.TLSv1.code
  #limit: number
  #protectedLimit: number
  #sealer: Sealer | undefined

  /** `limit`: most plaintext bytes of one record. */
  constructor(limit: number) {
    this.#limit = limit
    this.#protectedLimit = limit
  }

  get encrypted(): boolean {
    return this.#sealer !== undefined
  }

  /** The ServerHello has come: its version, and the limits agreed to, of all records and of protected ones. */
  agree(version: number, limit: number, protectedLimit: number = limit): void {
    this.#version = version
    this.#limit = limit
    this.#protectedLimit = protectedLimit
  }

  /** All records from now on are protected. */
  protect(sealer: Sealer): void {
    this.#sealer = sealer
    this.#limit = this.#protectedLimit
  }

  /** Sends `bytes` as one or more records; nothing when there are none. */
  write(contentType: number, bytes: Uint8Array, step: StepBuilder): void {
    for (let at = 0; at < bytes.length; at += this.#limit) {
      this.#writeRecord(contentType, bytes.subarray(at, at + this.#limit), step)
    }
  }

  /** Sends one whole handshake message in records of its own, and tells of it. */
  writeMessage(message: Uint8Array, step: StepBuilder): void {
    this.write(contentTypes.handshake.code, message, step)
    step.emit({
      kind: 'message',
      direction: 'sent',
      type: message[0]!,
      messageBytes: message.length,
      records: Math.ceil(message.length / this.#limit),
      largestRecordBytes: Math.min(message.length, this.#limit),
    })
  }

  #writeRecord(contentType: number, plaintext: Uint8Array, step: StepBuilder): void {
    const parts = this.#sealer?.seal(contentType, this.#version, plaintext) ?? [plaintext]
    const fragmentBytes = parts.reduce((sum, part) => sum + part.length, 0)
    const header = Buffer.allocUnsafe(RECORD_HEADER_BYTES)
    header.writeUInt8(this.#sealer?.outerType ?? contentType, 0)
    header.writeUInt16BE(this.#version, 1)
    header.writeUInt16BE(fragmentBytes, 3)
    step.send(header)
    for (const part of parts) step.send(part)
    step.emit({
      kind: 'record',
      direction: 'sent',
      contentType,
      version: this.#version,
      fragmentBytes,
      plaintextBytes: plaintext.length,
      encrypted: this.encrypted,
    })
  }
}
