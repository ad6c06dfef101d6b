import type { SecureContext } from 'node:tls'
import type { Secured } from '../../front/front.ts'
import { Secret, SecretError } from '../../io/secret-files.ts'
import { type ConnectPacket, withCredentials } from '../../mqtt/connect-packet.ts'
import type { Refusal } from '../../mqtt/refusal.ts'
import { escapeText } from '../../report/escape.ts'
import { decodeCertificate } from '../../x509/decode-certificate.ts'
import type { MqttUpstreamFile } from '../config-schema.ts'
import type { GatewayConfig } from '../gateway-config.ts'
import { type ClientIdentity, readClientIdentity, UpstreamContexts } from './upstream-contexts.ts'

/** A device that may go on, and as whom. */
export interface Admitted {
  readonly kind: 'admitted'
  readonly commonName: string | undefined
  readonly context: SecureContext
  /** The CONNECT for the broker. */
  readonly connect: Uint8Array
  readonly clientCertificate: boolean
  readonly credentials: 'device' | 'gateway'
  /** What no log may hold, should the broker repeat it. */
  readonly secrets: readonly string[]
}

export interface Denied {
  readonly kind: 'denied'
  readonly refusal: Refusal
  readonly commonName?: string | undefined
  readonly why: string
}

interface Row {
  readonly commonName: string
  readonly clientIdentity: ClientIdentity | undefined
  readonly userName: string | undefined
  readonly password: Secret | undefined
  readonly clientId: string | undefined
}

const NAME = '{commonName}'
/** What a common name may hold where it becomes a part of a user name: nothing that ends the part. */
const plainName = /^[\p{L}\p{N}._:@-]+$/u

/**
 * Who devices are towards one broker. Without rows everybody goes on as he came; with rows only a verified client
 * certificate whose common name has one. A row that gives a user name or a password gives both: nothing of the device's
 * own stays beside the gateway's.
 */
export class UpstreamIdentities {
  readonly #contexts: UpstreamContexts
  readonly #rows: ReadonlyMap<string, Row>

  /** Throws `SecretError`: a file or secret that is not there is told at the start. */
  constructor(config: GatewayConfig, name: string, upstream: MqttUpstreamFile) {
    this.#contexts = new UpstreamContexts(config, name, upstream)
    this.#rows = new Map(
      upstream.identities.map((row) => {
        const { commonName, certificate, username, password, clientId } = row
        const read = {
          commonName,
          clientIdentity: certificate && readClientIdentity(config, certificate),
          userName: username,
          password: password && new Secret(config, password),
          clientId,
        }
        return [commonName, read] as const
      }),
    )
  }

  admit(certificate: Secured['clientCertificate'], packet: ConnectPacket): Admitted | Denied {
    if (this.#rows.size === 0) {
      return {
        kind: 'admitted',
        commonName: commonNameOf(certificate),
        context: this.#contexts.find(undefined),
        connect: packet.bytes,
        clientCertificate: false,
        credentials: 'device',
        secrets: secretsOf(packet),
      }
    }
    const commonName = commonNameOf(certificate)
    if (commonName === undefined) {
      return denied('not-authorised', 'no verified client certificate with one common name')
    }
    const row = this.#rows.get(commonName) ?? this.#rows.get('*')
    if (row === undefined) return denied('not-authorised', 'no identity for this common name', commonName)
    const wanted = row.clientId?.replaceAll(NAME, () => commonName)
    if (wanted !== undefined && packet.clientId !== wanted) {
      const [theirs, ours] = [escapeText(packet.clientId), escapeText(wanted)]
      return denied(
        'client-id',
        `its client id is "${theirs}", and its certificate is for "${ours}"`,
        commonName,
      )
    }
    return this.#equip(row, commonName, packet)
  }

  #equip(row: Row, commonName: string, packet: ConnectPacket): Admitted | Denied {
    const { userName: pattern, password, clientIdentity } = row
    if (pattern?.includes(NAME) && !plainName.test(commonName)) {
      return denied('not-authorised', 'its common name cannot be a part of a user name', commonName)
    }
    let connect = packet.bytes
    let secrets = secretsOf(packet)
    try {
      if (pattern !== undefined) {
        const own = { userName: pattern.replaceAll(NAME, () => commonName), password: password?.value }
        connect = withCredentials(packet, own)
        secrets = [...secrets, own.userName, own.password ?? '']
      }
    } catch (error) {
      if (error instanceof SecretError) return denied('unavailable', error.message, commonName)
      if (error instanceof RangeError)
        return denied('unavailable', `credentials: ${error.message}`, commonName)
      throw error
    }
    return {
      kind: 'admitted',
      commonName,
      context: this.#contexts.find(clientIdentity),
      connect,
      clientCertificate: clientIdentity !== undefined,
      credentials: pattern === undefined ? 'device' : 'gateway',
      secrets,
    }
  }
}

/** Undefined where the certificate is not verified, or does not name one thing alone. */
function commonNameOf(certificate: Secured['clientCertificate']): string | undefined {
  if (!certificate?.verified) return undefined
  try {
    const names = decodeCertificate(certificate.der).subject.attributes.filter(({ type }) => type === 'CN')
    return names.length === 1 ? names[0]?.value : undefined
  } catch {
    return undefined
  }
}

function secretsOf({ userName, password }: ConnectPacket): readonly string[] {
  return [userName ?? '', password === undefined ? '' : Buffer.from(password).toString('utf8')]
}

function denied(refusal: Refusal, why: string, commonName?: string): Denied {
  return { kind: 'denied', refusal, commonName, why }
}
