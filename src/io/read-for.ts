import { type Capsule, looksLikeCapsule } from '../capsule/capsule-file.ts'
import { looksLikeCapture } from '../capture/capture-format.ts'
import type { Device } from '../device/device.ts'
import { observeFor } from '../observe/from-capture.ts'
import { observePem } from '../observe/from-pem.ts'
import type { Observation } from '../observe/observation.ts'
import { type ByteSource, openSource } from './byte-source.ts'
import { judgedOf, readCapsule } from './capsule.ts'
import type { Seen } from './check.ts'
import type { CheckRequest } from './check-request.ts'
import { InputError } from './input-error.ts'
import { readSource } from './input-file.ts'
import { readSessions } from './read-sessions.ts'

/** What a file shows to devices: a capture, a capsule, or certificates. A check of an endpoint loads none of this. */
export async function readFor(
  path: string,
  devices: readonly Device[],
  request: CheckRequest,
): Promise<Seen[]> {
  const source = await openSource(path, noStdin, WANTED)
  if (looksLikeCapture(source.head)) return observeCapture(source, devices, request)
  if (looksLikeCapsule(source.head)) {
    const capsule = await readCapsule(source)
    const observations = await observeCapsule(capsule, source.name)
    return devices.map((device) => ({ device, observations }))
  }
  // Not by its path: a pipe can be read once.
  const input = await readSource(source, WANTED)
  const host = request.sni === 'none' ? undefined : request.sni
  const observation = observePem(input, path, host)
  return devices.map((device) => ({ device, observations: [observation] }))
}

const WANTED = 'https://…, mqtts://…, tls://host:port, or the path of a PEM file or a capture'

async function* noStdin(): AsyncGenerator<Uint8Array> {}

async function observeCapsule(capsule: Capsule, name: string): Promise<Observation[]> {
  const observations = capsule.kind === 'log' ? [] : judgedOf(capsule.observations, name)
  if (observations.length > 0) return observations
  const what = capsule.kind === 'log' ? 'is a capsule of a log' : 'is a capsule without certificates'
  throw new InputError('no-chain-seen', `${name} ${what}`, `tlsfit explain ${name} says what it shows`, name)
}

/** What each session says to each device: its own ones all that they show, the others their chain. */
async function observeCapture(
  source: ByteSource,
  devices: readonly Device[],
  { keyLogFile }: CheckRequest,
): Promise<Seen[]> {
  const { sessions } = await readSessions(source, { keyLogFile })
  const seen = devices.map((device) => ({
    device,
    observations: sessions.flatMap((session) => observeFor(session, source.name, device) ?? []),
  }))
  if (seen.some(({ observations }) => observations.length > 0)) return seen
  throw new InputError(
    'no-chain-seen',
    `${source.name} shows no certificates: ${sessions.length} TLS sessions, all without, or with TLS 1.3 that hides them`,
    `tlsfit explain ${source.name} says what can be seen; give the endpoint or its chain as PEM`,
    source.name,
  )
}
