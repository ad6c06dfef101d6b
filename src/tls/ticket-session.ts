import type { HashName } from '../crypto/hash.ts'

/** What a ticket of TLS 1.3 resumes, RFC 8446 §4.6.1. Its key shows in no output of it. */
export class TicketSession {
  readonly cipherSuite: number
  readonly hashName: HashName
  readonly ticket: Uint8Array
  readonly ageAdd: number
  readonly lifetimeSeconds: number
  readonly #psk: Uint8Array

  constructor(parts: {
    readonly cipherSuite: number
    readonly hashName: HashName
    readonly ticket: Uint8Array
    readonly ageAdd: number
    readonly lifetimeSeconds: number
    readonly psk: Uint8Array
  }) {
    this.cipherSuite = parts.cipherSuite
    this.hashName = parts.hashName
    this.ticket = parts.ticket
    this.ageAdd = parts.ageAdd
    this.lifetimeSeconds = parts.lifetimeSeconds
    this.#psk = parts.psk
  }

  revealPsk(): Uint8Array {
    return this.#psk
  }
}
