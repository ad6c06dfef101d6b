/** Labels of the NSS key log that open records; others (exporters, QUIC, ECH) are well-formed and of no use here. */
const secretLabels = [
  'CLIENT_RANDOM',
  'PMS_CLIENT_RANDOM',
  'RSA',
  'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
  'SERVER_HANDSHAKE_TRAFFIC_SECRET',
  'CLIENT_TRAFFIC_SECRET_0',
  'SERVER_TRAFFIC_SECRET_0',
] as const

export type SecretLabel = (typeof secretLabels)[number]

/** One usable line of a key log. */
export interface KeyLogSecret {
  readonly label: SecretLabel
  /** Lower-case hex: the client random, or for `RSA` the first 8 bytes of the encrypted premaster secret. */
  readonly of: string
  readonly secret: Uint8Array
}

/** Longest line read; a traffic secret's is 231 characters. */
export const MAX_KEY_LOG_LINE_BYTES = 1_024
/** Numbers of bad lines that are kept for the note. */
const MAX_BAD_LINES = 5

/**
 * Reads an NSS key log from chunks of any size: `label client_random secret` in hex, a line each, comments with `#`
 * (draft-ietf-tls-keylogfile). What is wrong is told by line number only: a line may hold a secret.
 */
export class KeyLogReader {
  readonly #onSecret: (secret: KeyLogSecret) => void
  #rest = ''
  #tooLong = false
  #line = 0
  #badLines = 0
  readonly #firstBad: number[] = []
  secrets = 0

  constructor(onSecret: (secret: KeyLogSecret) => void) {
    this.#onSecret = onSecret
  }

  push(chunk: Buffer | string): void {
    const text = typeof chunk === 'string' ? chunk : chunk.toString('latin1')
    let at = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', at)) {
      this.#end(text.slice(at, end))
      at = end + 1
    }
    if (this.#tooLong) return
    this.#rest += text.slice(at)
    if (this.#rest.length <= MAX_KEY_LOG_LINE_BYTES) return
    this.#tooLong = true
    this.#rest = ''
  }

  /** A note on lines that cannot be read; undefined where there are none. */
  finish(): string | undefined {
    if (this.#rest !== '' || this.#tooLong) this.#end('')
    if (this.#badLines === 0) return undefined
    const more = this.#badLines > this.#firstBad.length ? ', …' : ''
    const lines = `${this.#firstBad.join(', ')}${more}`
    return this.#badLines === 1
      ? `line ${lines} of the key log cannot be read`
      : `${this.#badLines} lines of the key log cannot be read: ${lines}`
  }

  #end(piece: string): void {
    const line = this.#rest + piece
    const readable = !this.#tooLong && line.length <= MAX_KEY_LOG_LINE_BYTES
    this.#rest = ''
    this.#tooLong = false
    this.#line++
    if (readable && this.#read(line.trim())) return
    this.#badLines++
    if (this.#firstBad.length < MAX_BAD_LINES) this.#firstBad.push(this.#line)
  }

  /** False for a line that breaks the format. */
  #read(line: string): boolean {
    if (line === '' || line.startsWith('#')) return true
    const [label, of, secret, ...others] = line.split(' ')
    if (label === undefined || of === undefined || secret === undefined || others.length > 0) return false
    if (!/^[A-Z][A-Z0-9_]*$/.test(label) || !isHex(of) || !isHex(secret)) return false
    if (!isSecretLabel(label)) return true
    const bytes = secret.length / 2
    const wanted = sizesOf(label)
    if (of.length !== wanted.of * 2 || bytes < wanted.least || bytes > wanted.most) return false
    this.secrets++
    this.#onSecret({ label, of: of.toLowerCase(), secret: Uint8Array.from(Buffer.from(secret, 'hex')) })
    return true
  }
}

function isHex(text: string): boolean {
  return text.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(text)
}

function isSecretLabel(label: string): label is SecretLabel {
  return (secretLabels as readonly string[]).includes(label)
}

/** Bytes of what names the session, and of the secret: 48 of a master secret, a hash for TLS 1.3. */
function sizesOf(label: SecretLabel): { of: number; least: number; most: number } {
  switch (label) {
    case 'RSA':
      return { of: 8, least: 48, most: 48 }
    case 'CLIENT_RANDOM':
      return { of: 32, least: 48, most: 48 }
    case 'PMS_CLIENT_RANDOM':
      return { of: 32, least: 1, most: 1_024 / 4 }
    default:
      return { of: 32, least: 32, most: 48 }
  }
}
