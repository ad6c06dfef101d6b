import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import { SecretError } from '../../io/secret-files.ts'
import type { MqttUpstreamFile } from '../config-schema.ts'
import { type GatewayConfig, pathIn } from '../gateway-config.ts'

export interface ClientIdentity {
  readonly certPem: string
  readonly keyPem: string
}

/** Contexts kept at once: each holds its own store of roots where `ca` is given. */
const MAX_CONTEXTS = 64

/** TLS contexts towards one broker: public roots and those of `ca`, and a client certificate for each identity. */
export class UpstreamContexts {
  readonly #roots: readonly string[] | undefined
  /** By identity, the one that was used last at the end. */
  readonly #kept = new Map<ClientIdentity | undefined, SecureContext>()

  /** Throws `SecretError` where `ca` cannot be read. */
  constructor(config: GatewayConfig, name: string, { ca }: MqttUpstreamFile) {
    if (ca === undefined) return
    const own = readText(pathIn(config, ca), `roots of upstream ${name}`)
    this.#roots = [...rootCertificates, own]
    // Node takes a file that holds none without a word.
    try {
      new X509Certificate(own)
    } catch {
      throw new SecretError(
        `${pathIn(config, ca)}: holds no certificate in PEM: the roots of ${name} are expected`,
      )
    }
  }

  find(identity: ClientIdentity | undefined): SecureContext {
    const kept = this.#kept.get(identity)
    const context = kept ?? this.#make(identity)
    this.#kept.delete(identity)
    this.#kept.set(identity, context)
    if (this.#kept.size > MAX_CONTEXTS) this.#kept.delete(this.#kept.keys().next().value)
    return context
  }

  #make(identity: ClientIdentity | undefined): SecureContext {
    return createSecureContext({
      minVersion: 'TLSv1.2',
      // Without `ca` Node shares one store of its roots between all contexts.
      ...(this.#roots && { ca: [...this.#roots] }),
      ...(identity && { cert: identity.certPem, key: identity.keyPem }),
    })
  }
}

/** A certificate and its key from files. Throws `SecretError` where they cannot be read or do not belong together. */
export function readClientIdentity(
  config: GatewayConfig,
  files: { readonly chain: string; readonly key: string },
): ClientIdentity {
  const [chain, key] = [pathIn(config, files.chain), pathIn(config, files.key)]
  const identity = {
    certPem: readText(chain, 'a client certificate'),
    keyPem: readText(key, 'the key of a client certificate'),
  }
  let fits: boolean
  try {
    fits = new X509Certificate(identity.certPem).checkPrivateKey(createPrivateKey(identity.keyPem))
    // The rest of the chain, too.
    if (fits) createSecureContext({ cert: identity.certPem, key: identity.keyPem })
  } catch {
    throw new SecretError(`${chain}, ${key}: a certificate and its private key are expected, both in PEM`)
  }
  if (!fits) throw new SecretError(`${key}: is not the key of ${chain}`)
  return identity
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new SecretError(`${path}: cannot be read (${code}): ${what} expected`)
  }
}
