import type { Catalogue } from '../device/catalogue.ts'
import type { Observation } from '../observe/observation.ts'
import { check } from './check.ts'
import { openKnownRoots } from './root-files.ts'

const timeoutMs = 10_000

export interface LookRequest {
  /** What `check` takes: an endpoint, a capture, a PEM file. */
  readonly target: string
  /** Whose ClientHello goes to an endpoint. */
  readonly device: string
  readonly keyLogFile: string | undefined
  readonly catalogue: Catalogue
  readonly now: Date
}

/** The observations of one thing, without an opinion: every address of an endpoint, every session of a capture. */
export async function lookAt({
  target,
  device,
  catalogue,
  now,
}: LookRequest): Promise<readonly Observation[]> {
  const verdicts = await check({
    target,
    devices: [device],
    anchors: undefined,
    verify: 'full',
    sni: undefined,
    connect: undefined,
    clientCredential: undefined,
    headers: [],
    method: 'GET',
    now,
    sendSecrets: false,
    byteLimit: undefined,
    timeoutMs,
    catalogue,
    knownRoots: openKnownRoots(),
    onProgress: undefined,
  })
  return verdicts.map(({ observation }) => observation)
}
