import { looksLikeCapsule } from '../capsule/capsule-file.ts'
import { looksLikeCapture, looksLikeCutCapture } from '../capture/capture-format.ts'
import { vendorTrace } from '../capture/vendor-trace.ts'
import { type Catalogue, resolveDevice } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import type { VerifyMode } from '../judge/judge-input.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { HeldAnchor, KnownRoot } from '../trust/trust-store.ts'
import { looksLikeCertificates } from '../x509/looks-like-certificates.ts'
import { MAX_PEM_BYTES } from '../x509/pem.ts'
import type { ByteSource } from './byte-source.ts'
import { openDialects } from './dialect-files.ts'
import { type CapsuleExplained, explainCapsule } from './explain-capsule.ts'
import { type CaptureExplained, explainCapture } from './explain-capture.ts'
import { type CertificatesExplained, explainCertificates } from './explain-certificates.ts'
import { explainLog, type LogExplained } from './explain-log.ts'
import { InputError } from './input-error.ts'

/** What `tlsfit explain` is asked. */
export interface ExplainRequest {
  readonly source: ByteSource
  /** Id as typed; undefined: what the input itself tells. */
  readonly device: string | undefined
  readonly catalogue: Catalogue
  readonly knownRoots: readonly KnownRoot[]
  readonly anchors: readonly HeldAnchor[] | undefined
  readonly verify: VerifyMode
  readonly now: Date
  /** Host that the leaf of a chain is compared with. */
  readonly sni: string | undefined
  /** NSS key log that opens the sessions of a capture. */
  readonly keyLogFile?: string | undefined
  /** Of `--with`: the verdicts for a device on the endpoint, chain or capture itself. */
  readonly look: ((deviceId: string) => Promise<Verdict[]>) | undefined
  readonly onProgress?: (bytes: number, totalBytes: number | undefined) => void
}

export type Explained =
  | LogExplained
  | CaptureExplained
  | ({ readonly kind: 'certificates' } & CertificatesExplained)
  | CapsuleExplained

/** Tells by its content what the input is, and explains it. Throws `InputError`, `DeviceIdError`. */
export async function explain(request: ExplainRequest): Promise<Explained> {
  const { source, catalogue } = request
  const device: Device | undefined =
    request.device === undefined ? undefined : resolveDevice(request.device, catalogue)
  const onProgress = (bytes: number) => request.onProgress?.(bytes, source.totalBytes)
  refuseEmpty(source)
  if (looksLikeCapsule(source.head)) return explainCapsule(request, device)
  if (looksLikeCapture(source.head)) {
    refuseLook(request, 'a capture')
    const { keyLogFile, knownRoots, anchors, verify, now } = request
    return explainCapture({
      source,
      keyLogFile,
      catalogue,
      knownRoots,
      device,
      anchors,
      verify,
      now,
      onProgress,
    })
  }
  const vendor = vendorTrace(source.name, source.head)
  if (vendor !== undefined) {
    throw new InputError('vendor-trace', `${source.name} is ${vendor.name}`, vendor.hint, source.name)
  }
  if (looksLikeCertificates(source.head)) {
    refuseLook(request, 'certificates')
    const { knownRoots, anchors, verify, now } = request
    const bytes = await readAll(source)
    const devices = device === undefined ? [] : [device]
    const sni = request.sni === 'none' ? undefined : request.sni
    const asked = { bytes, name: source.name, devices, catalogue, knownRoots, anchors, sni, now, verify }
    return { kind: 'certificates', ...explainCertificates(asked) }
  }
  return explainLog({
    name: source.name,
    chunks: source.chunks,
    dialects: openDialects(),
    catalogue,
    device,
    look: request.look,
    onProgress,
  })
}

/** Only a log has a ranking to settle; a second input that nobody reads is no answer. */
function refuseLook({ source: { name }, look }: ExplainRequest, what: string): void {
  if (look === undefined) return
  const shown = name === '-' ? 'the input' : name
  const hint = 'leave --with out, and give the endpoint to tlsfit check'
  throw new InputError(
    'with-unused',
    `${shown} holds ${what}: --with settles what a log leaves open`,
    hint,
    name,
  )
}

function refuseEmpty({ name, head }: ByteSource): void {
  const shown = name === '-' ? 'the input' : name
  if (head.length === 0) {
    const hint = 'it holds nothing to explain: see that the log or capture was written, and closed'
    throw new InputError('input-empty', `${shown} is empty`, hint, name)
  }
  if (looksLikeCutCapture(head)) {
    const size = `${head.length} ${head.length === 1 ? 'byte' : 'bytes'}`
    const message = `${shown} has ${size} and begins like a capture: the rest is missing`
    throw new InputError('capture-cut', message, 'copy the capture again, whole', name)
  }
}

/** Certificates fit in memory; what is longer than the bound is refused by those who read them. */
async function readAll({ chunks }: ByteSource): Promise<Uint8Array> {
  const all: Buffer[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    all.push(Buffer.from(chunk))
    bytes += chunk.length
    if (bytes > MAX_PEM_BYTES) break
  }
  return Buffer.concat(all)
}
