import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GatewayControl } from '../../src/gateway/control.ts'
import { LocalPlane } from '../../src/gateway/data-plane.ts'
import type { GatewayEvent } from '../../src/gateway/gateway-log.ts'
import { orderByAcme } from '../../src/gateway/identities/acme.ts'
import { loadPlan } from '../../src/gateway/load-plan.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { type Listening, loopback } from '../../src/io/listen.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import { joinPem, type LabChain, makeNewBlobChain } from '../../src/lab/chains.ts'
import { fileHost } from '../../src/lab/file-host.ts'
import { blobHeaders, firmware } from '../../src/lab/servers.ts'
import { keyPem, makeFrontChain } from '../../src/lab/small-chains.ts'
import { openHttpsServer } from '../../src/lab/tls-server.ts'
import { testKeys } from '../support/kept-keys.ts'

export const frontHost = 'fota.fleet.test'
export const blobHost = 'production.blob.skyshelf.test'

const options = { keys: testKeys, now: new Date() }
const order = orderByAcme(() => {})
const data = { catalogue: openCatalogue(), knownRoots: openKnownRoots() }

/**
 * The Azure case of the lab with a gateway in front: the account on its new chain, a chain of the gateway's under the root
 * that the field holds, and a folder with both as files.
 */
export class GatewayRange {
  readonly folder = mkdtempSync(join(tmpdir(), 'tlsfit-gateway-'))
  readonly events: GatewayEvent[] = []
  blobChain!: LabChain
  frontChain!: LabChain
  blob!: Listening
  #control: GatewayControl | undefined

  static async open(): Promise<GatewayRange> {
    const range = new GatewayRange()
    range.blobChain = await makeNewBlobChain(options)
    range.frontChain = await makeFrontChain(frontHost, range.blobChain.root, options)
    const answer = fileHost({
      files: new Map([['/container/fw.bin', firmware(blobHeaders)]]),
      headRecord: 'own',
    })
    range.blob = await openHttpsServer({ ...loopback, chain: range.blobChain.sent, answer })
    range.write('chain.pem', joinPem(range.frontChain.sent))
    range.write('key.pem', keyPem(range.frontChain.sent[0]!.key))
    range.write('held.pem', joinPem([range.blobChain.root]))
    range.write('blob-chain.pem', joinPem(range.blobChain.sent))
    range.write('blob-key.pem', keyPem(range.blobChain.sent[0]!.key))
    range.write('upstream.pem', joinPem([range.blobChain.root]))
    return range
  }

  at(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, text: string): void {
    writeFileSync(this.at(name), text, { mode: 0o600 })
  }

  /** One https listener called fota before the account. */
  config(
    more: { readonly listener?: string; readonly upstream?: string; readonly rest?: string } = {},
  ): string {
    return `
listeners:
  - name: fota
    protocol: https
    listen: [127.0.0.1:0]
    certificate: { files: { ecdsa: { chain: chain.pem, key: key.pem } } }
    anchorsHeld: [held.pem]
    routes: [{ path: /firmware/*, upstream: blob, to: /container/ }]
${more.listener ?? ''}
upstreams:
  blob:
    protocol: https
    url: https://${blobHost}
    connect: 127.0.0.1:${this.blob.port}
    ca: upstream.pem
${more.upstream ?? ''}
${more.rest ?? ''}`
  }

  async start(text = this.config()): Promise<GatewayControl> {
    this.write('gateway.yaml', text)
    const file = this.at('gateway.yaml')
    const log = (event: GatewayEvent) => void this.events.push(event)
    const loaded = await loadPlan(file, { ...data, order, now: new Date() })
    this.#control = await GatewayControl.start(loaded, {
      ...data,
      file,
      log,
      now: () => new Date(),
      order,
      openPlane: (plan, _config, keys) => LocalPlane.open(plan, log, keys),
    })
    return this.#control
  }

  /** Of the listener on `127.0.0.1:0`. */
  get port(): number {
    const at = this.#control?.addresses.get('127.0.0.1:0') ?? ''
    return Number(at.slice(at.lastIndexOf(':') + 1))
  }

  get frontRoot(): string {
    return joinPem([this.blobChain.root])
  }

  /** Another leaf under the same root, or under another one, in the same files. */
  async renewFrontChain(root = this.blobChain.root): Promise<void> {
    const renewed = await makeFrontChain(frontHost, root, options)
    this.write('chain.pem', joinPem(renewed.sent))
  }

  /** DER of the CAs that the gateway has made for itself. */
  ownAnchors(): Uint8Array[] {
    const folder = this.at('gateway-state/own-ca')
    const files = readdirSync(folder).filter((file) => file.startsWith('ca-'))
    return files.map((file) => new Uint8Array(new X509Certificate(readFileSync(join(folder, file))).raw))
  }

  async stop(): Promise<readonly GatewayEvent[]> {
    await this.#control?.stop(0)
    this.#control = undefined
    return this.events.splice(0)
  }

  async close(): Promise<void> {
    await this.stop()
    await this.blob?.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
