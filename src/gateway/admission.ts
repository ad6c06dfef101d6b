import { readFileSync } from 'node:fs'
import type { Catalogue } from '../device/catalogue.ts'
import { DeadlineSweep } from '../front/deadlines.ts'
import type { Front, FrontRules } from '../front/front.ts'
import { HttpConnection, type HttpHandler } from '../front/http-connection.ts'
import { openFront } from '../front/tls-front.ts'
import { chooseRange, formatContentRange } from '../http/byte-range.ts'
import { listField } from '../http/request-head.ts'
import { check } from '../io/check.ts'
import { checkRequest } from '../io/check-defaults.ts'
import { loopback } from '../io/listen.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { HeldAnchor, KnownRoot } from '../trust/trust-store.ts'
import type { Certificate } from '../x509/certificate.ts'
import { PemError, parseCertificates } from '../x509/pem.ts'
import type { ListenerFile } from './config-schema.ts'
import { type GatewayConfig, pathIn } from './gateway-config.ts'
import { IdentityError } from './identities/identity-error.ts'
import { withUnseen } from './unseen.ts'

/** What the judge says of one listener: a verdict for each named device, in the order named. */
export interface Admission {
  readonly listener: string
  readonly verdicts: readonly Verdict[]
}

export interface AdmissionWish {
  readonly config: GatewayConfig
  readonly listener: ListenerFile
  readonly rules: FrontRules
  readonly ownAnchors: readonly string[]
  readonly catalogue: Catalogue
  readonly knownRoots: readonly KnownRoot[]
  readonly now: Date
}

/** More than any record may hold, so that a download has several of the largest. */
const TRIAL_BYTES = 40_000
const TIMEOUT_MS = 10_000

/**
 * Asks the judge whether the named devices take what this listener would show them. Not the chain alone: a front with the
 * listener's own rules is opened on loopback and each device's hello, requests and limits are tried on it, so that
 * versions, suites, the twin chosen and the size of records are judged as they will be. Throws `IdentityError` for
 * anchors that cannot be read, `DeviceIdError` for a device that nobody knows.
 */
export async function askJudge(wish: AdmissionWish): Promise<Admission> {
  const { config, listener, rules, catalogue, knownRoots, now } = wish
  const anchors = heldAnchors(wish)
  const trial = await openTrial(rules)
  try {
    const host = hostOf(listener, rules)
    const verdicts = await check(
      checkRequest({
        target: listener.protocol === 'https' ? `https://${host}/trial.bin` : `tls://${host}:8883`,
        // A profile of one's own lies beside the configuration.
        devices: listener.devices.map((id) => withPaths(id, config)),
        anchors,
        connect: { host: '127.0.0.1', port: trial.port },
        now,
        timeoutMs: TIMEOUT_MS,
        catalogue,
        knownRoots: [...knownRoots, ...ownRoots(wish)],
      }),
    )
    return { listener: listener.name, verdicts: verdicts.map((one) => withUnseen(one, listener, rules)) }
  } finally {
    await trial.close()
  }
}

/** What devices hold, as the configuration says; without a word, the gateway's own CA. */
export function heldAnchors(
  wish: Pick<AdmissionWish, 'config' | 'listener' | 'ownAnchors' | 'knownRoots'>,
): HeldAnchor[] {
  const { config, listener, ownAnchors, knownRoots } = wish
  if (listener.anchorsHeld === undefined) {
    return parsedOwn(ownAnchors).map((certificate) => ({ certificate, label: 'the own CA' }))
  }
  return listener.anchorsHeld.flatMap((asked) => {
    const root = knownRoots.find(({ id }) => id === asked)
    return root === undefined
      ? readAnchors(pathIn(config, asked), asked)
      : [{ certificate: root.certificate, label: asked }]
  })
}

/** A device that does not hold the gateway's own CA is told to load that one, by its hash. */
function ownRoots({ ownAnchors }: Pick<AdmissionWish, 'ownAnchors'>): KnownRoot[] {
  return parsedOwn(ownAnchors).map((certificate) => ({
    id: 'own-ca',
    certificate,
    owner: 'this gateway',
    distrustedFrom: undefined,
    source: 'state/own-ca',
  }))
}

function parsedOwn(ownAnchors: readonly string[]): Certificate[] {
  return ownAnchors.flatMap((pem) => parseCertificates(Buffer.from(pem), 'the own CA'))
}

function readAnchors(path: string, asked: string): HeldAnchor[] {
  try {
    return parseCertificates(readFileSync(path), path).map((certificate) => ({ certificate, label: asked }))
  } catch (error) {
    if (error instanceof PemError) throw new IdentityError(`${error.at}: ${error.message}`, error.hint)
    throw new IdentityError(
      `anchorsHeld: ${asked} is no root of roots/ and no file that can be read`,
      `name a PEM or DER file, or a root id; looked for the file at ${path}`,
    )
  }
}

async function openTrial(rules: FrontRules): Promise<Front> {
  const sweep = new DeadlineSweep()
  const { clientCertificates } = rules
  return openFront(
    {
      ...rules,
      // A device brings its certificate with it; whether it has one is not the question here, what asks for it is.
      clientCertificates:
        clientCertificates.ask === 'required'
          ? { ...clientCertificates, ask: 'optional' }
          : clientCertificates,
      handshakeTimeoutMs: TIMEOUT_MS,
      maxPerAddress: undefined,
    },
    {
      secured: ({ socket }) => {
        new HttpConnection(socket, trialFile, sweep)
      },
      failed: () => {},
    },
    { listen: { ...loopback, hosts: ['127.0.0.1'] } },
  )
}

const trialBytes = new Uint8Array(TRIAL_BYTES)

const trialFile: HttpHandler = (exchange) => {
  const range = chooseRange(listField(exchange.head, 'range'), TRIAL_BYTES)
  if (range === 'unsatisfiable') {
    const fields = [['Content-Range', formatContentRange(undefined, TRIAL_BYTES)]] as const
    exchange.respond({ status: 416, fields, mode: 'minimal' }, '')
  } else if (range === 'whole') {
    exchange.respond({ status: 200, fields: [['Accept-Ranges', 'bytes']], mode: 'minimal' }, trialBytes)
  } else {
    const fields = [['Content-Range', formatContentRange(range, TRIAL_BYTES)]] as const
    exchange.respond(
      { status: 206, fields, mode: 'minimal' },
      trialBytes.subarray(range.first, range.last + 1),
    )
  }
}

/** A name that the listener's certificate is for. */
export function hostOf(
  { name, certificate }: ListenerFile,
  { identities }: Pick<FrontRules, 'identities'>,
): string {
  const named = certificate.own?.names[0] ?? certificate.acme?.names[0]
  if (named !== undefined) return bracketed(named)
  const pem = (identities.ecdsa ?? identities.rsa)?.certPem ?? ''
  const [leaf] = parseCertificates(Buffer.from(pem), name)
  const alternative = leaf?.subjectAltNames.find(({ kind }) => kind === 'dns' || kind === 'ip')?.value
  const host = alternative ?? leaf?.subject.commonName
  if (host === undefined) {
    throw new IdentityError(`${name}: the certificate names no host`, 'issue one with a subjectAltName')
  }
  return bracketed(host.replace(/^\*\./, 'device.'))
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

function withPaths(id: string, config: GatewayConfig): string {
  return id
    .split('+')
    .map((part) => (/^\.{1,2}\//.test(part) ? pathIn(config, part) : part))
    .join('+')
}
