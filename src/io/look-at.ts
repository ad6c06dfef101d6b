import { looksLikeCapsule } from '../capsule/capsule-file.ts'
import { looksLikeCapture } from '../capture/capture-format.ts'
import type { Catalogue } from '../device/catalogue.ts'
import { observeSession } from '../observe/from-capture.ts'
import type { Observation } from '../observe/observation.ts'
import { parseTarget } from '../observe/target.ts'
import { looksLikeCertificates } from '../x509/looks-like-certificates.ts'
import { openSource } from './byte-source.ts'
import { check } from './check.ts'
import { checkRequest } from './check-defaults.ts'
import { InputError } from './input-error.ts'
import { readSessions } from './read-sessions.ts'

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
export async function lookAt(request: LookRequest): Promise<readonly Observation[]> {
  const { target, device, keyLogFile, catalogue, now } = request
  const { filePath } = parseTarget(target)
  if (filePath !== undefined) {
    const source = await openSource(filePath, noStdin, 'a capture, a PEM file or an endpoint')
    if (looksLikeCapture(source.head)) {
      const { sessions } = await readSessions(source, { keyLogFile })
      return sessions.map((session) => observeSession(session, source.name))
    }
    if (isLog(source.head)) {
      throw new InputError(
        'log-not-compared',
        `${source.name} is a log: diff compares what went over the wire, and certificates`,
        `tlsfit explain ${source.name} reads it; read each log by itself, and compare captures`,
        source.name,
      )
    }
  }
  const verdicts = await check(
    checkRequest({
      target,
      devices: [device],
      now,
      catalogue,
    }),
  )
  return verdicts.map(({ observation }) => observation)
}

/** Text that holds nothing of what `check` reads. */
function isLog(head: Uint8Array): boolean {
  if (head.length === 0 || looksLikeCapsule(head) || looksLikeCertificates(head)) return false
  return !head.subarray(0, 4096).includes(0) && !Buffer.from(head).includes('-----BEGIN')
}

async function* noStdin(): AsyncGenerator<Uint8Array> {}
