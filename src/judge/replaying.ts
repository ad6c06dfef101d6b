import type { Calendar, CalendarEntry } from '../trust/calendar.ts'
import type { IssuedChain } from '../trust/issuing.ts'
import type { Certificate } from '../x509/certificate.ts'
import { requestedLater, withChain } from './changed-chain.ts'
import type { JudgeInput } from './judge-input.ts'
import type { Outlook } from './outlook.ts'
import { type ChangedChain, renewAll } from './reissued-chain.ts'
import type { Scene } from './scene.ts'
import type { Verdict } from './verdict.ts'

/** What an outlook is made from, beside what today's verdict was made from. */
export interface Forecast {
  readonly calendar: Calendar
  /** Those of `calendar.certificates`, read. */
  readonly pool: readonly Certificate[]
  /** Chains that CAs issue, to name one that fits. */
  readonly issuing: readonly IssuedChain[]
  /** Chains that the user plans to serve. */
  readonly candidates: readonly Candidate[]
}

export interface Candidate {
  /** File name as the user wrote it. */
  readonly name: string
  /** DER, leaf first. */
  readonly certificates: readonly Uint8Array[]
}

/** What a change is replayed on. */
export interface Replaying {
  readonly input: JudgeInput
  readonly today: Verdict
  readonly forecast: Forecast
  /** The host that it concerns. */
  readonly scene: Scene
  readonly scenes: readonly Scene[]
  readonly candidate: string | undefined
}

export interface DatedChange {
  readonly change: CalendarEntry
  readonly timing: Outlook['timing']
  readonly from: Date | undefined
  /** The day that is judged: its date, or now where that has passed. */
  readonly at: Date
}

/** The input of today with another chain at one host, on another day. */
export function changedInput(
  { input, scene, scenes }: Pick<Replaying, 'input' | 'scene' | 'scenes'>,
  at: Date,
  changed: ChangedChain,
): JudgeInput {
  const certificates = changed.certificates.map(({ der }) => der)
  const readAs = new Map(changed.certificates.map((one) => [one.der, one]))
  for (const other of scenes) {
    if (other.leg.index === scene.leg.index) continue
    const sent = other.leg.connections.find(({ chain }) => chain !== undefined)?.chain?.certificates ?? []
    const own = other.leg.chain?.certificates ?? []
    const renewedOwn = new Map(
      renewAll(readable(own), input.trust, at).certificates.map((one) => [one.sha256, one]),
    )
    own.forEach((one, index) => {
      const later = one && renewedOwn.get(one.sha256)
      if (later !== undefined) readAs.set(sent[index]!, later)
    })
  }
  const observation = withChain(input.observation, scene.leg.connections, certificates)
  const byMs = at.getTime() - input.now.getTime()
  return { ...input, observation: requestedLater(observation, byMs), now: at, readAs }
}

export function readable(certificates: readonly (Certificate | undefined)[]): Certificate[] {
  return certificates.flatMap((one) => one ?? [])
}
