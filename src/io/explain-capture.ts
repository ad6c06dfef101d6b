import type { TlsSession } from '../capture/session.ts'
import { type Catalogue, listDevices } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import { judge } from '../judge/judge.ts'
import type { VerifyMode } from '../judge/judge-input.ts'
import { explainSession, type SessionExplained } from '../judge/session-causes.ts'
import type { Verdict } from '../judge/verdict.ts'
import { observeFor, observeSession } from '../observe/from-capture.ts'
import { type HelloMatch, matchHello } from '../observe/hello-match.ts'
import type { HeldAnchor, KnownRoot } from '../trust/trust-store.ts'
import { explainModem, type ModemExplained } from './explain-modem.ts'
import { type CaptureSource, readSessions } from './read-sessions.ts'
import { largestOrdinary, trustOf } from './trust-of.ts'

/** A capture read: each session, how it ended, and what its chain means for the device. */
export interface CaptureExplained {
  readonly kind: 'capture'
  readonly name: string
  readonly frames: number
  readonly sessions: readonly SessionRead[]
  readonly notes: readonly string[]
  /** Where the capture is of a modem trace. */
  readonly modem: ModemExplained | undefined
}

export interface SessionRead {
  readonly session: TlsSession
  readonly explained: SessionExplained
  /** Profiles that the ClientHello could be of; only where no device is named. */
  readonly matches: readonly HelloMatch[]
  /** For the device named, where a chain can be seen. */
  readonly verdicts: readonly Verdict[]
}

export interface CaptureRequest {
  readonly source: CaptureSource
  /** Opens its sessions, besides the secrets that it holds itself. */
  readonly keyLogFile?: string | undefined
  readonly catalogue: Catalogue
  readonly knownRoots: readonly KnownRoot[]
  readonly device: Device | undefined
  readonly anchors: readonly HeldAnchor[] | undefined
  readonly verify: VerifyMode
  readonly now: Date
  readonly onProgress?: (bytes: number) => void
}

/** Hellos compared with the catalogue: clients of one capture are few, and equal ones are compared once. */
const MAX_HELLOS_MATCHED = 64

/** Throws `InputError` for what is no capture. */
export async function explainCapture(request: CaptureRequest): Promise<CaptureExplained> {
  const { source, device, keyLogFile, onProgress } = request
  const { name } = source
  const { frames, sessions, notes, modem } = await readSessions(source, { keyLogFile, onProgress })
  const matcher = new HelloMatcher(request.catalogue)
  return {
    kind: 'capture',
    name,
    frames,
    notes,
    modem: modem && explainModem(modem, sessions),
    sessions: sessions.map((session) => ({
      session,
      explained: explainSession(session),
      matches: device === undefined ? matcher.match(session, name) : [],
      verdicts: device === undefined ? [] : judgeSession(session, device, request),
    })),
  }
}

function judgeSession(session: TlsSession, device: Device, request: CaptureRequest): Verdict[] {
  const observation = observeFor(session, request.source.name, device)
  if (observation === undefined) return []
  const { anchors, catalogue, knownRoots, verify, now } = request
  const trust = trustOf(device, { anchors, knownRoots })
  return [judge({ observation, device, trust, verify, now, ordinary: largestOrdinary(catalogue) })]
}

class HelloMatcher {
  readonly #catalogue: Catalogue
  #devices: readonly Device[] | undefined
  readonly #known = new Map<string, readonly HelloMatch[]>()

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue
  }

  match(session: TlsSession, name: string): readonly HelloMatch[] {
    const hello = observeSession(session, name).connections[0]?.hello
    if (hello === undefined) return []
    const key = JSON.stringify([hello.cipherSuites, hello.groups, hello.signatureSchemes, hello.versions])
    const known = this.#known.get(key)
    if (known !== undefined) return known
    if (this.#known.size >= MAX_HELLOS_MATCHED) return []
    this.#devices ??= listDevices(this.#catalogue)
    const matches = matchHello(hello, this.#devices)
    this.#known.set(key, matches)
    return matches
  }
}
