import { createHash } from 'node:crypto'
import type { Device } from '../device/device.ts'
import { offerFor } from '../device/offer.ts'
import { encodeRequest } from '../http/request.ts'
import { lengthThatHelps } from '../judge/fragment-length.ts'
import { judge } from '../judge/judge.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { FragmentLengthSeen, Observation } from '../observe/observation.ts'
import { type ParsedTarget, parseHost, parseTarget } from '../observe/target.ts'
import type { ClientCredential } from '../tls/client.ts'
import type { ClientOffer } from '../tls/client-offer.ts'
import { DecodedOnce } from '../x509/decoded-once.ts'
import { parseCertificates } from '../x509/pem.ts'
import type { CheckRequest } from './check-request.ts'
import type { KeyLog } from './key-log.ts'
import { RunNetwork } from './network.ts'
import {
  type EndpointRequest,
  type FragmentLengthsToAsk,
  type HttpRequests,
  observeEndpoint,
} from './observe-endpoint.ts'
import { openDevice } from './open-device.ts'
import { systemAnchorsFor } from './root-files.ts'
import { largestOrdinary, trustOf } from './trust-of.ts'
import { Turns } from './turns.ts'

/**
 * Looks at one target for several devices: one dial for each distinct hello and request plan. Verdicts come device by
 * device in the order given, for each device address by address. Throws `TargetError`, `DeviceIdError`,
 * `InputError`, `PemError`, `RangeError` (a header or method) for what the caller gave; the world being wrong is in the verdicts. Rejects with the reason
 * of `signal` when that aborts.
 */
export async function check(request: CheckRequest, signal?: AbortSignal): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const read = { ...request, decoded: request.decoded ?? new DecodedOnce() }
  for await (const verdict of judgeSeen(await seeTarget(read, signal), read)) verdicts.push(verdict)
  return verdicts
}

/** What each device gets to see of the target, in the order of the devices. Throws and rejects as `check` does. */
export async function seeTarget(request: CheckRequest, signal: AbortSignal | undefined): Promise<Seen[]> {
  const target = parseTarget(request.target, request.secretQuery)
  const devices = await Promise.all(request.devices.map((asked) => openDevice(asked, request)))
  return target.filePath === undefined
    ? dialFor(target, devices, request, await openedKeyLog(request), signal)
    : (await import('./read-for.ts')).readFor(target.filePath, devices, request)
}

/** Judges long lists without keeping sockets and timers waiting; `turns`: shared by what is judged in one run. */
export async function* judgeSeen(
  seen: readonly Seen[],
  request: CheckRequest,
  turns = new Turns(),
): AsyncGenerator<Verdict, void, undefined> {
  const ordinary = largestOrdinary(request.catalogue)
  const { text } = parseTarget(request.target, request.secretQuery).target
  const { verify, now, place, forecast } = request
  const ahead = forecast && (await import('../judge/judge-outlook.ts'))
  const readAs = request.decoded ?? new DecodedOnce()
  for (const { device, observations } of seen) {
    const trust = trustOf(device, request)
    for (const observation of observations) {
      const address = observation.connections[0]?.address
      request.onProgress?.({ target: text, act: 'judge', address, bytes: 0, totalBytes: undefined })
      const input = { observation, device, trust, verify, now, ordinary, readAs }
      const verdict = judge(input)
      const outlook = forecast && ahead?.judgeOutlook(input, verdict, forecast)
      yield { ...verdict, ...(place && { place }), ...(outlook && { outlook }) }
      await turns.take()
    }
  }
}

/** Of a dial: it is written. That of a capture is read. */
async function openedKeyLog({ keyLogFile }: CheckRequest): Promise<KeyLog | undefined> {
  return keyLogFile === undefined ? undefined : (await import('./key-log.ts')).openKeyLog(keyLogFile)
}

/** What one device gets to see. */
export interface Seen {
  readonly device: Device
  readonly observations: readonly Observation[]
  /** Of a dial: what was sent, as `CheckRequest.remembered` names it. */
  readonly plan?: string | undefined
}

async function dialFor(
  target: ParsedTarget,
  devices: readonly Device[],
  request: CheckRequest,
  keyLog: KeyLog | undefined,
  signal: AbortSignal | undefined,
): Promise<Seen[]> {
  const facts = new EndpointFacts()
  const shared = {
    network: request.network ?? new RunNetwork({ polite: false }).forTarget(),
    unreached: new Map(),
    decoded: request.decoded ?? new DecodedOnce(),
    keyLog,
  }
  const dials = new Map<string, { endpoint: EndpointRequest; devices: Device[] }>()
  const plans = devices.map((device) => {
    const endpoint = { ...endpointRequest(target, device, request, signal), ...shared }
    const plan = planOf(endpoint)
    const dial = dials.get(plan)
    if (dial === undefined) dials.set(plan, { endpoint, devices: [device] })
    else dial.devices.push(device)
    return plan
  })
  const observed = new Map<string, readonly Observation[]>()
  for (const [plan, dial] of dials) {
    const fragmentLengths = request.compareLengths === false ? undefined : facts.lengthsToAsk(dial.devices)
    const observations =
      request.remembered?.get(plan) ?? (await observeEndpoint({ ...dial.endpoint, fragmentLengths }))
    facts.learn(observations)
    observed.set(plan, observations)
  }
  const told = new Map([...observed].map(([plan, observations]) => [plan, facts.tell(observations)]))
  return devices.map((device, at) => {
    const plan = plans[at]!
    return { device, observations: told.get(plan)!, plan }
  })
}

/** What is of the endpoint and not of the hello is asked for once, whatever devices look at it. */
class EndpointFacts {
  /** By address, by the length asked for. */
  readonly #fragmentLengths = new Map<string, Map<number, FragmentLengthSeen>>()

  /** Those that would help a device, unless it is known what the server makes of them. */
  lengthsToAsk(devices: readonly Device[]): FragmentLengthsToAsk {
    return (connections, address) => {
      const known = this.#fragmentLengths.get(address)
      if ([...(known?.values() ?? [])].some(({ answered }) => answered === undefined)) return []
      const wanted = new Set(devices.flatMap((device) => lengthThatHelps(device, connections) ?? []))
      return [...wanted].filter((length) => !known?.has(length))
    }
  }

  learn(observations: readonly Observation[]): void {
    for (const { connections, fragmentLengths } of observations) {
      const address = connections[0]?.address
      if (address === undefined || fragmentLengths === undefined) continue
      const known = this.#fragmentLengths.get(address) ?? new Map<number, FragmentLengthSeen>()
      for (const one of fragmentLengths) known.set(one.asked, one)
      this.#fragmentLengths.set(address, known)
    }
  }

  /** Every hello's observations know what any of them brought to light. */
  tell(observations: readonly Observation[]): Observation[] {
    return observations.map((observation) => {
      const known = this.#fragmentLengths.get(observation.connections[0]?.address ?? '')
      if (known === undefined) return observation
      return { ...observation, fragmentLengths: [...known.values()].sort((a, b) => a.asked - b.asked) }
    })
  }
}

function endpointRequest(
  target: ParsedTarget,
  device: Device,
  request: CheckRequest,
  signal: AbortSignal | undefined,
): EndpointRequest {
  const sni = sniOf(request)
  const { host: named, finalDot } = target.target
  // RFC 6066 §3 wants it without the dot; Mbed TLS, wolfSSL, BearSSL, GnuTLS and OpenSSL send what they are given.
  const dotted = finalDot ? `${named}.` : undefined
  /** The last one: mostly it is asked for again, to compare, to dial, and for the next connection. */
  let made: { host: string; asked: typeof sni; offer: ClientOffer } | undefined
  return {
    target,
    connect: request.connect,
    offer: (host, hop) => {
      // The user's --sni is about the target; a redirect hop is named by its own host.
      const asked = hop === 0 ? (sni ?? dotted) : undefined
      if (made?.host !== host || made.asked !== asked) {
        const { offer } = offerFor(device, { host, verify: request.verify, sni: asked, alpn: undefined })
        made = { host, asked, offer }
      }
      return made.offer
    },
    http: target.target.protocol === 'https' ? httpRequests(target, device, request) : undefined,
    mqtt:
      target.target.protocol === 'mqtts'
        ? {
            protocolLevel: device.mqtt?.protocolLevel?.value ?? 4,
            keepAliveSeconds: device.mqtt?.keepAliveSeconds?.value ?? 60,
          }
        : undefined,
    credential: credentialOf(request),
    sendSecrets: request.sendSecrets,
    compareSni: request.compareSni ?? false,
    byteLimit: request.byteLimit,
    timeoutMs: request.timeoutMs,
    standardAnchors: (sent) => [
      ...(request.anchors ?? []).map(({ certificate }) => certificate),
      ...systemAnchorsFor(sent),
    ],
    onProgress: request.onProgress,
    signal,
  }
}

/** What the device's own HTTP client does; where that is unknown, a plain client that follows redirects. */
function httpRequests(target: ParsedTarget, device: Device, request: CheckRequest): HttpRequests {
  const range = device.http?.rangeBytes?.value
  const { userinfo } = target
  const basic =
    userinfo && !request.headers.some(([name]) => name.toLowerCase() === 'authorization')
      ? [['Authorization', `Basic ${base64(`${userinfo.user}:${userinfo.password ?? ''}`)}`] as const]
      : []
  const requests: HttpRequests = {
    method: request.method,
    deviceLines: device.http?.requestHeaders?.value,
    headers: [...basic, ...request.headers],
    rangeBytes: typeof range === 'number' && request.method === 'GET' ? range : undefined,
    followRedirects: device.http?.redirects?.value !== 'refused',
  }
  // A header or method that cannot stand in a request is the caller's mistake: it throws before anything is dialled.
  const { host = '', port = 0 } = target.target
  encodeRequest({ ...requests, path: target.requestPath ?? '/', host, port, range: undefined })
  return requests
}

/**
 * Devices with the same plan see the same thing. Of headers only the names are in it: their values are the same for
 * all devices, and may be secrets.
 */
function planOf({ target, offer, http, mqtt }: EndpointRequest): string {
  const host = target.target.host ?? ''
  const headers = http?.headers.map(([name]) => name)
  const [first, later] = [offer(host, 0), offer(host, 1)]
  const firstKey = offerKey(first)
  const laterKey = later === first ? firstKey : offerKey(later)
  // An array as JSON: what a journal of an earlier run was kept by.
  const others = JSON.stringify([http && { ...http, headers }, mqtt]).slice(1)
  return createHash('sha256').update(`[${firstKey},${laterKey},${others}`).digest('hex')
}

function offerKey(offer: ClientOffer): string {
  return JSON.stringify({
    ...offer,
    extensions: offer.extensions.map((extension) =>
      extension.kind === 'raw' ? { ...extension, data: [...extension.data] } : extension,
    ),
  })
}

function sniOf({ sni }: CheckRequest): string | 'none' | undefined {
  return sni === undefined || sni === 'none' ? sni : parseHost(sni).host
}

function credentialOf({ clientCredential }: CheckRequest): ClientCredential | undefined {
  if (!clientCredential) return undefined
  const { certificatePem, keyPem } = clientCredential
  const certificates = parseCertificates(Buffer.from(certificatePem), 'the client certificate')
  return { certificates: certificates.map(({ der }) => der), privateKeyPem: keyPem }
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
