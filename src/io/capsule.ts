import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { parse } from 'yaml'
import {
  type Capsule,
  looksLikeCapsule,
  MAX_CAPSULE_BYTES,
  MAX_OBSERVATIONS,
  parseCapsule,
} from '../capsule/capsule-file.ts'
import { type CapsuleOptions, capsuleOfLog, capsuleOfObservations } from '../capsule/make-capsule.ts'
import { looksLikeCapture } from '../capture/capture-format.ts'
import type { Catalogue } from '../device/catalogue.ts'
import { LogReader } from '../log/log-reader.ts'
import { LogError } from '../log/log-text.ts'
import { emptyConnection } from '../observe/empty-connection.ts'
import { observeSession, withoutRecords } from '../observe/from-capture.ts'
import { observePem } from '../observe/from-pem.ts'
import type { Observation, Target } from '../observe/observation.ts'
import { parseTarget } from '../observe/target.ts'
import { looksLikeCertificates } from '../x509/looks-like-certificates.ts'
import { MAX_FILE_BYTES } from './bounds.ts'
import { type ByteSource, openSource } from './byte-source.ts'
import { dataFolder } from './data-folder.ts'
import { openDialects } from './dialect-files.ts'
import { InputError } from './input-error.ts'
import { lookAt } from './look-at.ts'
import { readSessions } from './read-sessions.ts'
import { openKnownRoots } from './root-files.ts'

export interface CapsuleRequest {
  /** File, `-`, or an endpoint. */
  readonly input: string
  readonly device: string | undefined
  /** Host that the chain of a file is compared with. */
  readonly sni: string | undefined
  readonly stdin: () => AsyncIterable<Uint8Array>
  readonly catalogue: Catalogue
  readonly now: Date
}

const wanted = 'a log, a PEM file, a capture or an endpoint'
/** A hello that every server takes, where no device is named. */
const plainDevice = 'openssl@3.0'

/** Reads or dials, and redacts. Throws what those who read throw. */
export async function makeCapsule(request: CapsuleRequest): Promise<Capsule> {
  const { input, device, catalogue, now } = request
  const options: CapsuleOptions = {
    key: randomBytes(32),
    device,
    knownRoots: openKnownRoots(),
    serviceHosts: openServiceHosts(),
  }
  if (input !== '-' && parseTarget(input).filePath === undefined) {
    const target = { target: input, device: device ?? plainDevice, keyLogFile: undefined, catalogue, now }
    return capsuleOfObservations(await lookAt(target), options)
  }
  const source = await openSource(input, request.stdin, wanted)
  if (looksLikeCapture(source.head)) {
    const { sessions } = await readSessions(source)
    if (sessions.length === 0)
      throw new InputError('no-session', `${source.name} has no TLS session`, `give ${wanted}`, source.name)
    if (sessions.length > MAX_OBSERVATIONS) {
      throw new InputError(
        'too-many-sessions',
        `${source.name} has ${sessions.length} TLS sessions, a capsule takes ${MAX_OBSERVATIONS}`,
        'cut the capture to the sessions that matter',
        source.name,
      )
    }
    return capsuleOfObservations(
      sessions.map((session) => observeSession(session, source.name)),
      options,
    )
  }
  const bytes = await readWhole(source)
  if (looksLikeCapsule(bytes)) {
    throw new InputError(
      'is-capsule',
      `${source.name} is a capsule already`,
      'share it as it is',
      source.name,
    )
  }
  if (looksLikeCertificates(bytes)) {
    return capsuleOfObservations([observePem(bytes, source.name, request.sni)], options)
  }
  return capsuleOfLogBytes(bytes, source.name, options)
}

function capsuleOfLogBytes(bytes: Uint8Array, name: string, options: CapsuleOptions): Capsule {
  const reader = new LogReader(openDialects())
  try {
    reader.push(bytes)
  } catch (error) {
    if (!(error instanceof LogError)) throw error
    throw new InputError(error.code, `${name}: ${error.message}`, error.hint, name)
  }
  const text = decodeText(bytes)
  const lines = text.split('\n')
  if (lines[lines.length - 1] === '') lines.pop()
  // A carriage return alone begins a line of a terminal anew: kept, it would be none in a capsule.
  const clean = lines.map((line) => line.replace(/\r+$/, '').replace(/\r/g, ' '))
  return capsuleOfLog(clean, reader.finish(), options)
}

function decodeText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes)
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return buffer.subarray(2).toString('utf16le')
  return buffer.toString('utf8')
}

/** Throws `CapsuleError`. */
export async function readCapsule(source: ByteSource): Promise<Capsule> {
  return parseCapsule(await readWhole(source, MAX_CAPSULE_BYTES + 1), source.name)
}

/**
 * What `check` judges: of a session that another client had only the chain, as it does of the capture itself. The
 * target bears the capsule's own name.
 */
export function judgedOf(observations: readonly Observation[], name: string): Observation[] {
  return observations.flatMap((observation) => {
    if (observation.source === 'dial') return [observation]
    const target: Target = {
      ...observation.target,
      text: name,
      protocol: 'file',
      path: undefined,
      pathBytes: undefined,
    }
    if (observation.source === 'pem') return [{ ...observation, target }]
    const [first] = observation.connections
    if (first?.chain === undefined) return []
    const { host, address, port } = first
    const chain = withoutRecords(first.chain)
    return [{ ...observation, target, connections: [{ ...emptyConnection, host, address, port, chain }] }]
  })
}

async function readWhole({ chunks, name }: ByteSource, limit = MAX_FILE_BYTES): Promise<Uint8Array> {
  const all: Buffer[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    all.push(Buffer.from(chunk))
    bytes += chunk.length
    if (bytes > limit) {
      if (limit < MAX_FILE_BYTES) break
      throw new InputError(
        'file-too-large',
        `${name} has more than ${limit} bytes`,
        'cut the log to the part around the failure',
        name,
      )
    }
  }
  return Buffer.concat(all)
}

const services = v.object({ services: v.array(v.object({ hosts: v.optional(v.array(v.string())) })) })

/** Host patterns of `endpoints/services.yaml`: they tell the cause, and no one's name. */
export function openServiceHosts(): string[] {
  const yaml = readFileSync(join(dataFolder('endpoints'), 'services.yaml'), 'utf8')
  const hosts = v.parse(services, parse(yaml)).services.flatMap((one) => one.hosts ?? [])
  // A certificate may name the service one level up.
  return hosts.flatMap((host) => [host, host.split('.').slice(-2).join('.')])
}
