import { Secret, SecretError } from '../../io/secret-files.ts'
import type { HttpsUpstreamFile } from '../config-schema.ts'
import type { GatewayConfig } from '../gateway-config.ts'
import { signSharedKey } from './sign-shared-key.ts'
import { signSigV4 } from './sign-sigv4.ts'

/** A request as it will go upstream, but for its credentials. */
export interface Unsigned {
  readonly method: 'GET' | 'HEAD'
  /** As in the Host field. */
  readonly host: string
  /** As it goes on the wire, without query. */
  readonly path: string
  /** Names in lower case. */
  readonly fields: ReadonlyMap<string, string>
}

export interface Signed {
  /** Path and query. */
  readonly target: string
  readonly fields: readonly (readonly [name: string, value: string])[]
}

/** Adds the gateway's own credentials to a request. */
export type Signer = (request: Unsigned, now: Date) => Signed

/** Undefined where the gateway has none: the device's own go through. Throws `SecretError`. */
export function signerOf(config: GatewayConfig, { credentials }: HttpsUpstreamFile): Signer | undefined {
  if (credentials === undefined) return undefined
  const { sas, sharedKey, sigv4, headers } = credentials
  if (sas !== undefined) {
    const secret = new Secret(config, sas)
    return ({ path }) => ({ target: `${path}?${secret.value.replace(/^\?/, '')}`, fields: [] })
  }
  if (sharedKey !== undefined) {
    const secret = new Secret(config, sharedKey.key)
    return ({ method, host, path, fields }, now) => ({
      target: path,
      fields: signSharedKey(
        { name: sharedKey.account, key: base64Of(secret) },
        method,
        host,
        path,
        fields,
        now,
      ),
    })
  }
  if (sigv4 !== undefined) {
    const [id, key] = [new Secret(config, sigv4.accessKeyId), new Secret(config, sigv4.secretAccessKey)]
    const token = sigv4.sessionToken && new Secret(config, sigv4.sessionToken)
    return ({ method, host, path }, now) => ({
      target: signSigV4(
        {
          accessKeyId: id.value,
          secretAccessKey: key.value,
          sessionToken: token?.value,
          region: sigv4.region,
        },
        method,
        host,
        path,
        now,
      ),
      fields: [],
    })
  }
  const secrets = Object.entries(headers ?? {}).map(
    ([name, place]) => [name, new Secret(config, place)] as const,
  )
  return ({ path }) => ({
    target: path,
    fields: secrets.map(([name, secret]) => [name, fieldValue(name, secret)]),
  })
}

function base64Of(secret: Secret): Uint8Array {
  const bytes = Buffer.from(secret.value, 'base64')
  if (bytes.length === 0) throw new SecretError('sharedKey: the key is no base64')
  return bytes
}

function fieldValue(name: string, { value }: Secret): string {
  if (/[^\t -~\x80-\xff]/.test(value))
    throw new SecretError(`headers: the value of ${name} holds control characters`)
  return value
}
