import { createHash, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { FrontError, type FrontRules, type Identity, type IdentityKind, type TicketKeys } from './front.ts'

/** How long a session may be resumed, and how long a ticket key is used to seal: a ticket outlives two periods never. */
export const SESSION_SECONDS = 43_200

/** TICKET_KEY_NAME of OpenSSL: the first bytes of a ticket, and of the 48 that Node takes as a key. */
const KEY_NAME_BYTES = 16

/** Node's OpenSSL takes 512 to 16,384. */
const RECORD_BYTES = { least: 512, most: 16_384 } as const

const tls13Suites = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_AES_128_CCM_SHA256',
  'TLS_AES_128_CCM_8_SHA256',
]
/** Forward secret and AEAD. CCM_8 is what RFC 7925 §4.2 makes mandatory for things. */
const newSuites = [
  ...both('AES128-GCM-SHA256', 'CHACHA20-POLY1305', 'AES256-GCM-SHA384'),
  'ECDHE-ECDSA-AES128-CCM',
  'ECDHE-ECDSA-AES256-CCM',
  'ECDHE-ECDSA-AES128-CCM8',
  'ECDHE-ECDSA-AES256-CCM8',
]
const oldSuites = [
  ...both('AES128-SHA256', 'AES256-SHA384', 'AES128-SHA', 'AES256-SHA'),
  ...['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'AES128-SHA256', 'AES256-SHA256', 'AES128-SHA', 'AES256-SHA'],
  // TLS 1.0, 1.1 and SHA-1 signatures lie below OpenSSL's first level.
  '@SECLEVEL=0',
]

/**
 * The OpenSSL contexts of a listener: one for each identity and ticket key. Node gives a context one ticket key, so the
 * key of the period before has contexts of its own, and a client goes to the one that its ticket names.
 */
export class SecureContexts {
  readonly #rules: FrontRules
  #keys: TicketKeys
  #current: ReadonlyMap<IdentityKind, SecureContext>
  #previous: ReadonlyMap<IdentityKind, SecureContext> | undefined
  readonly kinds: ReadonlySet<IdentityKind>
  /** As TLS names it: `secp256r1`. */
  readonly ecdsaCurve: string | undefined

  /** Throws `FrontError`. */
  constructor(rules: FrontRules, keys: TicketKeys) {
    checkRules(rules)
    this.#rules = rules
    this.#keys = keys
    this.#current = contextsOf(rules, keys.current)
    this.#previous = keys.previous && contextsOf(rules, keys.previous)
    this.kinds = new Set(this.#current.keys())
    this.ecdsaCurve = rules.identities.ecdsa && curveOf(rules.identities.ecdsa)
  }

  /** The one that can open one of the tickets, else the current one. */
  find(kind: IdentityKind, tickets: readonly Uint8Array[]): SecureContext {
    const { current, previous } = this.#keys
    const isOld =
      previous !== undefined && !tickets.some(namesKey(current)) && tickets.some(namesKey(previous))
    return (isOld ? this.#previous! : this.#current).get(kind)!
  }

  renewTicketKeys(keys: TicketKeys): void {
    if (Buffer.compare(keys.current, this.#keys.current) === 0) return
    const kept = keys.previous !== undefined && Buffer.compare(keys.previous, this.#keys.current) === 0
    const previous = kept ? this.#current : keys.previous && contextsOf(this.#rules, keys.previous)
    this.#current = contextsOf(this.#rules, keys.current)
    this.#previous = previous
    this.#keys = keys
  }
}

/** A new key; the one before stays good for the tickets it has sealed. */
export function nextTicketKeys(before?: TicketKeys): TicketKeys {
  return { current: randomBytes(48), previous: before?.current }
}

function namesKey(key: Uint8Array): (ticket: Uint8Array) => boolean {
  return (ticket) =>
    ticket.length > KEY_NAME_BYTES &&
    Buffer.compare(ticket.subarray(0, KEY_NAME_BYTES), key.subarray(0, KEY_NAME_BYTES)) === 0
}

function contextsOf(rules: FrontRules, ticketKey: Uint8Array): Map<IdentityKind, SecureContext> {
  const contexts = new Map<IdentityKind, SecureContext>()
  for (const kind of ['ecdsa', 'rsa'] as const) {
    const identity = rules.identities[kind]
    if (identity !== undefined) contexts.set(kind, contextOf(rules, identity, ticketKey))
  }
  return contexts
}

function contextOf(rules: FrontRules, identity: Identity, ticketKey: Uint8Array): SecureContext {
  const { clientCertificates } = rules
  return createSecureContext({
    cert: identity.certPem,
    key: identity.keyPem,
    ca: clientCertificates.ask === 'no' ? [] : clientCertificates.caPem,
    minVersion: rules.minVersion,
    maxVersion: rules.maxVersion,
    ciphers: [...tls13Suites, ...newSuites, ...(rules.oldSuites ? oldSuites : [])].join(':'),
    honorCipherOrder: true,
    sessionIdContext: sessionIdContext(rules),
    sessionTimeout: SESSION_SECONDS,
    ticketKeys: Buffer.from(ticketKey),
  })
}

/** A session made under one rule for client certificates is not resumed under another. At most 32 bytes. */
function sessionIdContext({ clientCertificates }: FrontRules): string {
  return createHash('sha256').update(JSON.stringify(clientCertificates)).digest('base64').slice(0, 32)
}

function checkRules(rules: FrontRules): void {
  const { identities, maxRecordBytes, clientCertificates } = rules
  if (identities.ecdsa === undefined && identities.rsa === undefined)
    throw new FrontError('no certificate to show')
  const { least, most } = RECORD_BYTES
  if (!Number.isInteger(maxRecordBytes) || maxRecordBytes < least || maxRecordBytes > most) {
    throw new FrontError(`records of ${maxRecordBytes} bytes: ${least} to ${most} can be set`)
  }
  if (identities.ecdsa !== undefined) checkIdentity(identities.ecdsa, 'ec')
  if (identities.rsa !== undefined) checkIdentity(identities.rsa, 'rsa')
  if (clientCertificates.ask !== 'no') leafOf(clientCertificates.caPem, 'the CA of client certificates')
}

function checkIdentity(identity: Identity, keyType: 'ec' | 'rsa'): void {
  const leaf = leafOf(identity.certPem, 'the certificate')
  const { asymmetricKeyType } = leaf.publicKey
  if (asymmetricKeyType !== keyType) {
    const wanted = keyType === 'ec' ? 'ECDSA' : 'RSA'
    throw new FrontError(`the ${wanted} certificate has a key of type ${asymmetricKeyType}`)
  }
  const key = attempt('the private key', () => createPrivateKey(identity.keyPem))
  if (!leaf.checkPrivateKey(key)) throw new FrontError('the private key does not belong to the certificate')
}

function leafOf(pem: string, what: string): X509Certificate {
  return attempt(what, () => new X509Certificate(pem))
}

/** Nothing of what was to be read goes into the message: it may be a key. */
function attempt<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch {
    throw new FrontError(`${what} cannot be read as PEM`)
  }
}

/** Curve of an identity's key; undefined for one that TLS has no name for. */
function curveOf({ certPem }: Identity): string | undefined {
  const { publicKey } = decodeCertificate(leafOf(certPem, 'the certificate').raw)
  return publicKey.kind === 'ec' ? publicKey.curve : undefined
}

function both(...names: readonly string[]): string[] {
  return names.flatMap((name) => [`ECDHE-ECDSA-${name}`, `ECDHE-RSA-${name}`])
}
