import { type EndpointRequest, type HttpRequests, observeEndpoint } from '../../src/io/observe-endpoint.ts'
import { makeDigilabRoot } from '../../src/lab/chains.ts'
import { keyPem, makeFrontChain } from '../../src/lab/small-chains.ts'
import type { Observation } from '../../src/observe/observation.ts'
import { parseTarget } from '../../src/observe/target.ts'
import type { ClientOffer } from '../../src/tls/client-offer.ts'
import type { Certificate } from '../../src/x509/certificate.ts'
import { decodeCertificate } from '../../src/x509/decode-certificate.ts'
import { testKeys } from './kept-keys.ts'

/** What a server of a test needs to be trusted as `localhost`. */
export interface Identity {
  readonly cert: string
  readonly key: string
  readonly root: Certificate
}

let made: Promise<Identity> | undefined

/** One chain for `localhost` under a root of its own, made once a process. */
export function identity(): Promise<Identity> {
  made ??= makeIdentity()
  return made
}

async function makeIdentity(): Promise<Identity> {
  const options = { keys: testKeys, now: new Date() }
  const { sent, root } = await makeFrontChain('front.example', await makeDigilabRoot(options), options)
  return {
    cert: sent.map(({ pem }) => pem).join(''),
    key: keyPem(sent[0]!.key),
    root: decodeCertificate(root.der),
  }
}

/** A small offer that every server of the tests takes. */
export function smallOffer(host: string | undefined): ClientOffer {
  return {
    version: 0x0303,
    cipherSuites: [0xc02b, 0xc02f],
    extensions: [
      ...(host === undefined ? [] : [{ kind: 'server_name', host } as const]),
      { kind: 'supported_groups', groups: [0x0017] },
      { kind: 'ec_point_formats', formats: [0] },
      { kind: 'signature_algorithms', schemes: [0x0403, 0x0401] },
      { kind: 'extended_master_secret' },
    ],
  }
}

export const plainHttp: HttpRequests = {
  method: 'GET',
  deviceLines: undefined,
  headers: [],
  rangeBytes: undefined,
  followRedirects: true,
}

/** Observes a target on loopback; https targets with a plain GET, unless `given` says otherwise. */
export function observe(target: string, given: Partial<EndpointRequest> = {}): Promise<Observation[]> {
  const parsed = parseTarget(target)
  const isName = parsed.literal === undefined
  return observeEndpoint({
    target: parsed,
    connect: undefined,
    offer: (host) => smallOffer(isName ? host : undefined),
    http: parsed.target.protocol === 'https' ? plainHttp : undefined,
    mqtt: parsed.target.protocol === 'mqtts' ? { protocolLevel: 4, keepAliveSeconds: 60 } : undefined,
    credential: undefined,
    sendSecrets: false,
    byteLimit: undefined,
    timeoutMs: 3000,
    standardAnchors: () => [],
    onProgress: undefined,
    signal: undefined,
    ...given,
  })
}
