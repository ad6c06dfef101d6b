import { looksLikeCapture } from '../capture/capture-format.ts'
import { type Catalogue, resolveDevice } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import type { VerifyMode } from '../judge/judge-input.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { HeldAnchor, KnownRoot } from '../trust/trust-store.ts'
import type { ByteSource } from './byte-source.ts'
import { openDialects } from './dialect-files.ts'
import { type CaptureExplained, explainCapture } from './explain-capture.ts'
import { explainLog, type LogExplained } from './explain-log.ts'

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
  /** Of `--with`: the verdicts for a device on the endpoint, chain or capture itself. */
  readonly look: ((deviceId: string) => Promise<Verdict[]>) | undefined
  readonly onProgress?: (bytes: number, totalBytes: number | undefined) => void
}

export type Explained = LogExplained | CaptureExplained

/** Tells by its content what the input is, and explains it. Throws `InputError`, `DeviceIdError`. */
export async function explain(request: ExplainRequest): Promise<Explained> {
  const { source, catalogue } = request
  const device: Device | undefined =
    request.device === undefined ? undefined : resolveDevice(request.device, catalogue)
  const onProgress = (bytes: number) => request.onProgress?.(bytes, source.totalBytes)
  if (looksLikeCapture(source.head)) {
    const { knownRoots, anchors, verify, now } = request
    const { name, chunks } = source
    return explainCapture({ name, chunks, catalogue, knownRoots, device, anchors, verify, now, onProgress })
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
