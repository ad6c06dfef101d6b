import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'

/** The key of the store's credentials cannot be had, or is not the one that sealed them. Never with any of it. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError'
  readonly code: 'key-missing' | 'key-invalid' | 'key-other' | 'credential-broken'
  readonly hint: string

  constructor(code: CredentialError['code'], message: string, hint: string) {
    super(message)
    this.code = code
    this.hint = hint
  }
}

const KEY_BYTES = 32
const KEY_ID_BYTES = 4
const NONCE_BYTES = 12
const TAG_BYTES = 16
const FORMAT = 1
const makeOne = 'make one: openssl rand -base64 32'

/** Seals what is not to be read off a disk or a backup: AES-256-GCM, with a key that lies elsewhere. */
export class SealingKey {
  readonly #key: Uint8Array
  /** Names the key without telling it: which one a credential needs. */
  readonly id: string

  /** `text`: 32 bytes as base64 or hex. Throws `CredentialError`. */
  constructor(text: string) {
    const key = keyBytes(text.trim())
    if (key === undefined) {
      throw new CredentialError('key-invalid', 'the key is not 32 bytes as base64 or hex', makeOne)
    }
    this.#key = key
    this.id = createHash('sha256')
      .update('tlsfit key id\0')
      .update(key)
      .digest('hex')
      .slice(0, KEY_ID_BYTES * 2)
  }

  /** `name` belongs to it: what is sealed for one name opens under no other. */
  seal(name: string, secret: string): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES)
    const head = Buffer.concat([Buffer.of(FORMAT), Buffer.from(this.id, 'hex'), nonce])
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce)
    cipher.setAAD(Buffer.concat([head, Buffer.from(name)]))
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
    return new Uint8Array(Buffer.concat([head, sealed, cipher.getAuthTag()]))
  }

  /** Throws `CredentialError`. */
  open(name: string, sealed: Uint8Array): string {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
    const headBytes = 1 + KEY_ID_BYTES + NONCE_BYTES
    if (bytes.length < headBytes + TAG_BYTES || bytes[0] !== FORMAT) throw broken(name)
    const keyId = bytes.toString('hex', 1, 1 + KEY_ID_BYTES)
    if (keyId !== this.id) {
      const message = `credential ${name} is sealed with key ${keyId}, and this is ${this.id}`
      throw new CredentialError('key-other', message, 'give the key that sealed it')
    }
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(1 + KEY_ID_BYTES, headBytes))
    decipher.setAAD(Buffer.concat([bytes.subarray(0, headBytes), Buffer.from(name)]))
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    try {
      const opened = decipher.update(bytes.subarray(headBytes, -TAG_BYTES))
      return Buffer.concat([opened, decipher.final()]).toString('utf8')
    } catch {
      throw broken(name)
    }
  }
}

/** From `--key-file`, else from `TLSFIT_KEY`; undefined where neither is given. Throws `CredentialError`. */
export function openSealingKey(
  file: string | undefined,
  env: { readonly [name: string]: string | undefined },
): SealingKey | undefined {
  const text = file === undefined ? env.TLSFIT_KEY : readKeyFile(file)
  return text === undefined || text === '' ? undefined : new SealingKey(text)
}

const KEY_FILE_BYTES = 1_024

function readKeyFile(file: string): string {
  try {
    const stat = statSync(file)
    if (!stat.isFile() || stat.size > KEY_FILE_BYTES) {
      throw new CredentialError('key-invalid', `${file} is no key file`, makeOne)
    }
    if (process.platform !== 'win32' && (stat.mode & 0o007) !== 0) {
      throw new CredentialError('key-invalid', `${file} may be read by anybody`, `chmod 600 ${file}`)
    }
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof CredentialError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new CredentialError('key-missing', `the key file ${file} cannot be read: ${code}`, makeOne)
  }
}

function keyBytes(text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return new Uint8Array(Buffer.from(text, 'hex'))
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === KEY_BYTES ? new Uint8Array(bytes) : undefined
}

function broken(name: string): CredentialError {
  return new CredentialError('credential-broken', `credential ${name} does not open`, 'put it in again')
}
