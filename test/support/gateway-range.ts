import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FrontRules, Identity } from '../../src/front/front.ts'
import { Gateway } from '../../src/gateway/gateway.ts'
import { parseGatewayConfig } from '../../src/gateway/gateway-config.ts'
import type { GatewayEvent } from '../../src/gateway/gateway-log.ts'
import { type Listening, loopback } from '../../src/io/listen.ts'
import {
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  subjectAltName,
} from '../../src/issue/certificate-extensions.ts'
import type { IssuedCertificate } from '../../src/issue/issue-certificate.ts'
import { openHttpsServer } from '../../src/lab/tls-server.ts'
import { keptKey } from './kept-keys.ts'
import { testCertificate } from './test-certificate.ts'

/** The name of the front, and that of the upstreams behind it. */
export const frontName = 'fota.fleet.test'
export const upstreamName = 'storage.blob.skyshelf.test'

/** Two small hierarchies, all ECDSA and all RSA, so that a device with one of the two alone verifies its own. */
export class GatewayPki {
  readonly ecdsa = hierarchy('ECDSA', 'P-256')
  readonly rsa = hierarchy('RSA', 'rsa2048')
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

function hierarchy(kind: string, type: 'P-256' | 'rsa2048'): Hierarchy {
  const root = testCertificate(`${kind} root`, keptKey(`${type} gateway root`), undefined, [
    basicConstraints(true),
    keyUsage('keyCertSign'),
  ])
  const leafOf = (name: string) =>
    testCertificate(name, keptKey(`${type} ${name}`), root, [
      keyUsage('digitalSignature'),
      extendedKeyUsage('serverAuth'),
      subjectAltName([name]),
    ])
  const leaf = leafOf(frontName)
  const keyPem = leaf.key.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { root, identity: { certPem: leaf.pem, keyPem }, upstream: [leafOf(upstreamName)] }
}

export interface GatewayRangeOptions {
  readonly pki: GatewayPki
  /** `routes:` of the one listener and all of `upstreams:`, as YAML lines of a block; roots are in `roots.pem`. */
  readonly routes: string
  readonly upstreams: string
  readonly maxRecordBytes?: number
  /** More of the listener, and of the file: YAML lines. */
  readonly listener?: string
  readonly rest?: string
}

/** The gateway on a port of loopback, with both certificates of the hierarchies. */
export class GatewayRange {
  readonly events: GatewayEvent[] = []
  #gateway: Gateway | undefined

  static async open({
    pki,
    routes,
    upstreams,
    maxRecordBytes = 1024,
    listener = '',
    rest = '',
  }: GatewayRangeOptions): Promise<GatewayRange> {
    const config = parseGatewayConfig(
      `listeners:
  - name: fota
    protocol: https
    listen: [127.0.0.1:0]
    maxRecordBytes: ${maxRecordBytes}
    certificate: { own: { names: [${frontName}] } }
${listener}    routes:\n${routes}\nupstreams:\n${upstreams}\n${rest}`,
      join(pki.folder, 'gateway.yaml'),
    )
    const range = new GatewayRange()
    const identities = new Map([['fota', pki.identities]])
    range.#gateway = await Gateway.open({ config, identities, directBytes: new Map() }, (event) =>
      range.events.push(event),
    )
    return range
  }

  get port(): number {
    const [address = ''] = this.#gateway?.addresses.values() ?? []
    return Number(address.slice(address.lastIndexOf(':') + 1))
  }

  /** The last event of that kind. */
  last(what: GatewayEvent['what']): GatewayEvent | undefined {
    return this.events.findLast((event) => event.what === what)
  }

  async close(): Promise<void> {
    await this.#gateway?.stop(0)
  }
}
