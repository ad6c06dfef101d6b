import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeadlineSweep } from '../../src/front/deadlines.ts'
import type { Failed, Front, FrontRules, Identity, Secured } from '../../src/front/front.ts'
import { defaultHttpLimits, HttpConnection, type HttpLimits } from '../../src/front/http-connection.ts'
import { openFront } from '../../src/front/tls-front.ts'
import type { HttpsListenerFile } from '../../src/gateway/config-schema.ts'
import { parseGatewayConfig } from '../../src/gateway/gateway-config.ts'
import type { GatewayEvent } from '../../src/gateway/gateway-log.ts'
import type { CacheLookup } from '../../src/gateway/http/cached-answer.ts'
import { HttpProxy } from '../../src/gateway/http/proxy.ts'
import { type Listening, loopback } from '../../src/io/listen.ts'
import {
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  subjectAltName,
} from '../../src/issue/certificate-extensions.ts'
import { type IssuedCertificate, issueCertificate } from '../../src/issue/issue-certificate.ts'
import { openHttpsServer } from '../../src/lab/tls-server.ts'

const DAY_MS = 86_400_000

/** The name of the front, and that of the upstreams behind it. */
export const frontName = 'fota.fleet.test'
export const upstreamName = 'storage.blob.skyshelf.test'

/** Two small hierarchies, all ECDSA and all RSA, so that a device with one of the two alone verifies its own. */
export class GatewayPki {
  readonly ecdsa = hierarchy('ECDSA', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
  readonly rsa = hierarchy('RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
  readonly folder = mkdtempSync(join(tmpdir(), 'tlsfit-gateway-'))
  /** Both roots. */
  readonly rootsFile = this.write('roots.pem', this.ecdsa.root.pem + this.rsa.root.pem)

  get identities(): FrontRules['identities'] {
    return { ecdsa: this.ecdsa.identity, rsa: this.rsa.identity }
  }

  write(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name)
    writeFileSync(path, content, { mode: 0o600 })
    return path
  }

  /** An upstream with the ECDSA hierarchy, on loopback. */
  openUpstream(answer: RequestListener): Promise<Listening> {
    return openHttpsServer({ ...loopback, chain: this.ecdsa.upstream, answer })
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

interface Hierarchy {
  readonly root: IssuedCertificate
  readonly identity: Identity
  /** Chain of the upstreams. */
  readonly upstream: readonly IssuedCertificate[]
}

function hierarchy(kind: string, makeKey: () => KeyObject): Hierarchy {
  const root = certificate(`${kind} root`, makeKey(), undefined, [
    basicConstraints(true),
    keyUsage('keyCertSign'),
  ])
  const leafOf = (name: string) =>
    certificate(name, makeKey(), root, [
      keyUsage('digitalSignature'),
      extendedKeyUsage('serverAuth'),
      subjectAltName([name]),
    ])
  const leaf = leafOf(frontName)
  const keyPem = leaf.key.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { root, identity: { certPem: leaf.pem, keyPem }, upstream: [leafOf(upstreamName)] }
}

function certificate(
  name: string,
  key: KeyObject,
  issuer: IssuedCertificate | undefined,
  extensions: Parameters<typeof issueCertificate>[0]['extensions'],
): IssuedCertificate {
  return issueCertificate({
    subject: [['CN', name]],
    key,
    issuer,
    hash: 'sha256',
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 30 * DAY_MS),
    serialBytes: 8,
    keyIds: false,
    extensions,
    seed: name,
  })
}

export interface GatewayRangeOptions {
  readonly pki: GatewayPki
  /** `routes:` of the one listener and all of `upstreams:`, as YAML lines of a block; roots are in `roots.pem`. */
  readonly routes: string
  readonly upstreams: string
  readonly rules?: Partial<FrontRules>
  readonly cache?: CacheLookup
  readonly limits?: Partial<HttpLimits>
}

/** TLS front, HTTP and proxy together on loopback, as the gateway has them. */
export class GatewayRange {
  readonly events: GatewayEvent[] = []
  readonly failed: Failed[] = []
  /** The last connection whose handshake came to its end. */
  last: Secured | undefined
  readonly #front: Front
  readonly #proxy: HttpProxy

  private constructor(front: (range: GatewayRange) => Front, proxy: (range: GatewayRange) => HttpProxy) {
    this.#front = front(this)
    this.#proxy = proxy(this)
  }

  static async open(options: GatewayRangeOptions): Promise<GatewayRange> {
    const { pki, rules, routes, upstreams, cache, limits } = options
    const config = parseGatewayConfig(
      `listeners:
  - name: fota
    protocol: https
    listen: [127.0.0.1:1]
    certificate: { own: { names: [${frontName}] } }
    routes:\n${routes}\nupstreams:\n${upstreams}\n`,
      join(pki.folder, 'gateway.yaml'),
    )
    const told: { range?: GatewayRange } = {}
    const proxy = new HttpProxy(config, (event) => told.range?.events.push(event), cache)
    const listener = config.listeners[0] as HttpsListenerFile
    const sweep = new DeadlineSweep()
    const front = await openFront(
      {
        identities: pki.identities,
        maxRecordBytes: listener.maxRecordBytes,
        minVersion: listener.tls.min ?? 'TLSv1.2',
        maxVersion: listener.tls.max ?? 'TLSv1.3',
        oldSuites: false,
        clientCertificates: { ask: 'no' },
        handshakeTimeoutMs: 10_000,
        maxConnections: 1000,
        ...rules,
      },
      {
        secured: (connection) => {
          if (told.range) told.range.last = connection
          const httpLimits = { ...defaultHttpLimits, ...limits }
          new HttpConnection(connection.socket, proxy.handler(listener, connection), sweep, httpLimits)
        },
        failed: (connection) => void told.range?.failed.push(connection),
      },
      { listen: loopback },
    )
    const range = new GatewayRange(
      () => front,
      () => proxy,
    )
    told.range = range
    return range
  }

  get port(): number {
    return this.#front.port
  }

  async close(): Promise<void> {
    await this.#front.close()
    this.#proxy.close()
  }
}
