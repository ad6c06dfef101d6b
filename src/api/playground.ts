import { CapsuleError } from '../capsule/capsule-file.ts'
import { CaptureError } from '../capture/capture-error.ts'
import { type Catalogue, resolveDevice } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import { DeviceIdError } from '../device/device-id.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { check } from '../io/check.ts'
import { checkRequest } from '../io/check-defaults.ts'
import { type Explained, explain } from '../io/explain.ts'
import { explainCertificates } from '../io/explain-certificates.ts'
import { InputError } from '../io/input-error.ts'
import { NOT_PUBLIC, RunNetwork } from '../io/network.ts'
import { isPublicAddress } from '../io/public-address.ts'
import type { Verdict } from '../judge/verdict.ts'
import { LogError } from '../log/log-text.ts'
import { captureJson } from '../report/capture-json.ts'
import { causesJson } from '../report/causes-json.ts'
import { formatCauses } from '../report/causes-text.ts'
import { certificatesJson } from '../report/certificates-json.ts'
import { formatCertificates } from '../report/certificates-text.ts'
import { HtmlReport } from '../report/html/html-report.ts'
import { verdictsJson } from '../report/json.ts'
import { formatSessions } from '../report/sessions-text.ts'
import { formatText } from '../report/text.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import { looksLikeCertificates } from '../x509/looks-like-certificates.ts'
import { PemError } from '../x509/pem.ts'
import { ApiFailure } from './api-failure.ts'
import type { PlaygroundAnswer } from './contract.ts'
import { checkTarget, invalid, notPublic } from './endpoint-edit.ts'
import { runSummary } from './run-summary.ts'

export interface PlaygroundContext {
  readonly catalogue: Catalogue
  readonly knownRoots: readonly KnownRoot[]
  readonly now: Date
  readonly version: string
  readonly privateTargets: boolean
  readonly signal: AbortSignal
}

/** Enough to see how large records get. */
const DOWNLOAD_BYTES = 262_144
const page = { color: false, columns: 100, ascii: false }

/** Ids of the catalogue alone: a path would be read from this machine. Throws `ApiFailure`. */
export function playgroundDevices(ids: readonly string[], catalogue: Catalogue): Device[] {
  return ids.map((id) => {
    if (/[/\\]|\.ya?ml$/i.test(id)) throw invalid('devices', `${id} is not one of the catalogue`, undefined)
    try {
      return resolveDevice(id, catalogue)
    } catch (error) {
      if (error instanceof DeviceIdError) throw invalid('devices', error.message, error.hint)
      throw error
    }
  })
}

/** What `tlsfit check` says of an endpoint; nothing of it is kept. */
export async function playTarget(
  target: string,
  devices: readonly Device[],
  context: PlaygroundContext,
): Promise<PlaygroundAnswer> {
  const { catalogue, knownRoots, now, signal, privateTargets } = context
  if (target.startsWith('lab:')) throw invalid('target', 'the lab has no place here', 'write https://…')
  checkTarget(target, privateTargets)
  if (devices.length === 0) throw invalid('devices', 'no device is named', 'name one at least')
  const network = new RunNetwork({ polite: true }).forTarget(
    privateTargets ? {} : { mayOpen: isPublicAddress },
  )
  const verdicts = await check(
    checkRequest({ target, devices, catalogue, knownRoots, now, network, byteLimit: DOWNLOAD_BYTES }),
    signal,
  )
  const attempts = verdicts.flatMap(({ observation }) => observation.tcp)
  const refused = attempts.find(({ errorCode }) => errorCode === NOT_PUBLIC)
  if (refused !== undefined && attempts.every(({ errorCode }) => errorCode === NOT_PUBLIC)) {
    throw notPublic('target', `it leads to ${refused.address}, which is not an address of the Internet`)
  }
  return verdictsAnswer(verdicts, context)
}

/** What `tlsfit explain` says of bytes that somebody dropped; nothing of them is kept. */
export async function playBytes(
  bytes: Uint8Array,
  name: string,
  devices: readonly Device[],
  context: PlaygroundContext,
): Promise<PlaygroundAnswer> {
  try {
    return await explained(bytes, name, devices, context)
  } catch (error) {
    if (!inputErrors.some((kind) => error instanceof kind)) throw error
    const { code, message, hint } = error as InputError
    throw new ApiFailure(400, code ?? 'input-unreadable', message, { hint, at: 'input' })
  }
}

async function explained(
  bytes: Uint8Array,
  name: string,
  devices: readonly Device[],
  context: PlaygroundContext,
): Promise<PlaygroundAnswer> {
  const { catalogue, knownRoots, now } = context
  const common = { catalogue, knownRoots, now, anchors: undefined, verify: 'full', sni: undefined } as const
  const source = sourceOf(bytes, name)
  // Certificates are judged for all devices at once; what else there is, is of one device.
  const found: Explained =
    looksLikeCertificates(source.head) && devices.length > 1
      ? { kind: 'certificates', ...explainCertificates({ ...common, bytes, name, devices }) }
      : await explain({ ...common, source, device: devices[0]?.id, look: undefined })
  switch (found.kind) {
    case 'log':
      return {
        kind: 'log',
        json: causesJson(found),
        text: formatCauses(found, page),
        html: htmlOf(found.verdicts, context),
      }
    case 'capture': {
      const verdicts = found.sessions.flatMap((session) => session.verdicts)
      return {
        kind: 'capture',
        json: captureJson(found),
        text: formatSessions(found, page),
        html: htmlOf(verdicts, context),
      }
    }
    case 'certificates':
      return {
        kind: 'certificates',
        json: certificatesJson(found),
        text: formatCertificates(found, page),
        html: htmlOf(found.verdicts, context),
      }
    case 'capsule':
      return verdictsAnswer(found.verdicts, context)
  }
}

function verdictsAnswer(verdicts: readonly Verdict[], context: PlaygroundContext): PlaygroundAnswer {
  return {
    kind: 'verdicts',
    json: verdictsJson(verdicts),
    text: formatText(verdicts, page),
    html: htmlOf(verdicts, context),
  }
}

function htmlOf(
  verdicts: readonly Verdict[],
  { version, now }: Pick<PlaygroundContext, 'version' | 'now'>,
): string | undefined {
  if (verdicts.length === 0) return undefined
  const report = new HtmlReport()
  return report.add(verdicts) + report.end(runSummary(verdicts, version, now))
}

/** What is wrong with an input, in words for people; anything else is a fault of ours. */
const inputErrors = [InputError, PemError, CaptureError, CapsuleError, LogError]

const HEAD_BYTES = 65_536

function sourceOf(bytes: Uint8Array, name: string): ByteSource {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    name,
    path: undefined,
    totalBytes: bytes.length,
    head: buffer.subarray(0, HEAD_BYTES),
    chunks: (async function* () {
      yield buffer
    })(),
  }
}
