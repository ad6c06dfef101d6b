import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Identity } from '../front/front.ts'
import { frontRulesOf } from '../gateway/front-rules.ts'
import { parseGatewayConfig } from '../gateway/gateway-config.ts'
import { HelloFamilies } from '../gateway/hello-families.ts'
import { ListenerService } from '../gateway/listener-service.ts'
import { GatewayMetrics } from '../gateway/metrics.ts'
import { Upstreams } from '../gateway/upstreams.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { type Listening, type ListenOptions, listen } from '../io/listen.ts'
import type { IssuedCertificate } from '../issue/issue-certificate.ts'
import { joinPem } from './chains.ts'
import { keyPem } from './small-chains.ts'

/** The endpoint behind the front. */
export interface Upstream {
  /** Host of its URL: server_name, name check and Host header. */
  readonly host: string
  /** Where to open the TCP connection. */
  readonly address: string
  readonly port: number
  /** PEM of the roots it is verified against. */
  readonly ca: string
}

export interface FrontOptions extends ListenOptions {
  /** Leaf first, as small as may be, ending in a root that the devices hold. */
  readonly chain: readonly IssuedCertificate[]
  /** Largest plaintext of an application data record. */
  readonly maxRecordBytes: number
  readonly upstream: Upstream
}

/**
 * The cure for a chain or records too large for the device: a listener of the gateway as `tlsfit gateway` opens it, with
 * keys and addresses of the lab. GET and HEAD go to the endpoint over verified TLS; nothing is stored.
 */
export async function openFront(options: FrontOptions): Promise<Listening> {
  const { chain, upstream } = options
  const [leaf] = chain
  if (leaf === undefined) throw new RangeError('chain: needs a leaf')
  const keyKind = leaf.key.asymmetricKeyType === 'rsa' ? 'rsa' : 'ecdsa'
  const identity: Identity = { certPem: joinPem(chain), keyPem: keyPem(leaf.key) }
  const config = parseGatewayConfig(JSON.stringify(gatewayFile(options)), 'gateway.yaml')
  const [listener] = config.listeners
  if (listener === undefined) throw new RangeError('no listener')
  // The gateway takes roots from files. They are read when it opens; keys stay in memory.
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-lab-'))
  try {
    writeFileSync(join(folder, ROOTS), upstream.ca)
    const identities = { [keyKind]: identity }
    const plan = {
      config: { ...config, file: join(folder, config.file) },
      identities: new Map([[listener.name, identities]]),
      directBytes: new Map<string, number>(),
    }
    const backend = await Upstreams.open(plan, () => {}, undefined)
    const links = {
      log: () => {},
      metrics: new GatewayMetrics(
        () => new Map(),
        () => undefined,
      ),
      families: new HelloFamilies(openCatalogue),
      backend: () => backend,
    }
    const rules = frontRulesOf(config, listener, identities)
    const service = await ListenerService.open(listener, rules, links, {})
    const listening = await listen((socket) => service.take(socket), options)
    return {
      ...listening,
      close: async () => {
        await listening.close()
        await service.close()
        backend.close()
      },
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const ROOTS = 'roots.pem'

/** What a user would write as gateway.yaml for this. */
function gatewayFile({ maxRecordBytes, upstream }: FrontOptions) {
  const { host, address, port } = upstream
  return {
    listeners: [
      {
        name: 'front',
        protocol: 'https',
        listen: ['127.0.0.1:0'],
        // Not made: the lab shows a chain of its own.
        certificate: { own: { names: [host] } },
        maxRecordBytes,
        routes: [{ path: '/*', upstream: 'origin' }],
      },
    ],
    upstreams: {
      origin: {
        protocol: 'https',
        url: `https://${host}`,
        connect: `${address.includes(':') ? `[${address}]` : address}:${port}`,
        ca: ROOTS,
        timeoutSeconds: 10,
      },
    },
  }
}
