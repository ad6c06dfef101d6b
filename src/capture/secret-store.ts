import { formatHex } from '../codec/hex.ts'
import type { KeyLogSecret, SecretLabel } from './key-log.ts'

/** Secrets kept of all key logs; past it more are left out and counted. */
export const MAX_SECRETS = 200_000
/** Sessions remembered as having asked before their secrets came. */
const MAX_ASKED = 65_536

/** Secrets of one session by label; more may come later. */
export type SessionSecrets = ReadonlyMap<SecretLabel, Uint8Array>

/** TLS secrets of `--keylog` and of secrets blocks, by client random. Nothing prints them. */
export class SecretStore {
  readonly #sessions = new Map<string, Map<SecretLabel, Uint8Array>>()
  readonly #asked = new Set<string>()
  #count = 0
  leftOut = 0
  /** A secret came after the session that it opens had been asked for: a second reading opens more. */
  late = false

  get isEmpty(): boolean {
    return this.#count === 0
  }

  add({ label, of, secret }: KeyLogSecret): void {
    const known = this.#sessions.get(of)
    if (known?.has(label)) return
    if (this.#count >= MAX_SECRETS) {
      this.leftOut++
      return
    }
    this.#count++
    if (this.#asked.has(of)) this.late = true
    if (known === undefined) this.#sessions.set(of, new Map([[label, secret]]))
    else known.set(label, secret)
  }

  /** `of` is the client random, or the first 8 bytes of the encrypted premaster secret. */
  find(of: Uint8Array): SessionSecrets | undefined {
    const key = formatHex(of)
    if (this.#asked.size < MAX_ASKED) this.#asked.add(key)
    return this.#sessions.get(key)
  }

  /** Before the capture is read again. */
  forgetAsked(): void {
    this.#asked.clear()
    this.late = false
  }
}
