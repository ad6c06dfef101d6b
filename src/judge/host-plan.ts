import type { Finding } from '../finding/finding.ts'
import type { HostChain, HostView } from './host-views.ts'
import type { Candidate } from './root-candidates.ts'
import { type Life, shorterLife } from './root-life.ts'
import { isOfServer, type Trial, type TrialSetting, tryAnchors } from './root-trial.ts'

/** An anchor that may be loaded, and how long it lasts. */
export interface Root {
  readonly candidate: Candidate
  /** At the host where it ends first. */
  readonly life: Life
}

/** What a device needs for one host: every anchor that leads there. */
export interface HostPlan {
  readonly view: HostView
  /** `unseen`: no certificate was seen there. */
  readonly state: 'fits' | 'undecided' | 'blocked' | 'unseen'
  /** Every anchor that leads there, the chosen ones first. */
  readonly options: readonly HostOption[]
  /** What blocks whatever root is loaded, or leaves it open with every one. */
  readonly reasons: readonly Finding[]
  readonly risks: readonly Finding[]
  /** No matter of roots: what the requests met. */
  readonly beyond: readonly Finding[]
  /** Where no root does, an issuing CA as anchor if the device takes one; one that the user named in any case. */
  readonly stopgap: HostOption | undefined
}

/** One anchor that would lead the device to a host. */
export interface HostOption extends Root {
  readonly chosen: boolean
  /** Whether it is right, whatever else is wrong with the server. */
  readonly state: Trial['trusted']
  readonly reasons: readonly Finding[]
  readonly risks: readonly Finding[]
  readonly pathBytes: number | undefined
  readonly pathCertificates: number | undefined
  /** Why another was chosen. */
  readonly passedOver:
    | 'blocked'
    | 'undecided'
    | 'ends-earlier'
    | 'larger'
    | 'more-roots'
    | 'not-held'
    | undefined
}

/** What a chain and an anchor make of each other. */
export interface Cell {
  readonly trial: Trial
  readonly life: Life
}

/** A chain of a host: each has to be led to. */
export interface Thing {
  readonly view: HostView
  readonly chain: HostChain
  readonly cells: ReadonlyMap<string, Cell>
}

/** What the chosen anchors make of one host, and what its other anchors would. */
export function planHost(
  view: HostView,
  things: readonly Thing[],
  candidates: ReadonlyMap<string, Candidate>,
  best: readonly Candidate[],
  setting: TrialSetting,
  serviceEnd: Date,
): HostPlan {
  const own = things.filter((thing) => thing.view === view)
  if (own.length === 0) return unseenHost(view, setting)
  const options = optionsOf(own, candidates, best, serviceEnd)
  const roots = options.filter(({ candidate }) => candidate.kind !== 'intermediate')
  const together = best.map(({ certificate }) => certificate)
  const trials = own.map(({ chain, cells }) => {
    const led = best.some(({ certificate }) => cells.has(certificate.sha256))
    if (led) return tryAnchors(chain, together, setting)
    const [nearest] = roots.filter(({ candidate }) => cells.has(candidate.certificate.sha256))
    const cell = nearest && cells.get(nearest.candidate.certificate.sha256)
    return cell?.trial ?? tryAnchors(chain, undefined, setting)
  })
  const state = (['blocked', 'undecided'] as const).find((one) => trials.some((trial) => trial.state === one))
  const unled = own.some(({ cells }) => !best.some(({ certificate }) => cells.has(certificate.sha256)))
  const intermediates = options.filter(({ candidate }) => candidate.kind === 'intermediate')
  const untrusted = unled || trials.some(({ trusted }) => trusted !== 'fits')
  const named = intermediates.find(({ candidate: { origin } }) => origin === 'given' || origin === 'held')
  const works = intermediates.find(
    (one) => one.state === 'fits' || (one.state === 'undecided' && state === 'blocked'),
  )
  return {
    view,
    state: state ?? (unled ? 'undecided' : 'fits'),
    options: roots,
    reasons: trials.flatMap(({ reasons }) => reasons),
    risks: trials.flatMap(({ risks }) => risks),
    beyond: trials.flatMap(({ beyond }) => beyond),
    stopgap: named ?? (untrusted ? works : undefined),
  }
}

/** Nothing was presented: what was met instead is all that can be said. */
function unseenHost(view: HostView, setting: TrialSetting): HostPlan {
  const { reasons, risks, beyond } = tryAnchors(
    { observations: view.unseen, certificates: [] },
    undefined,
    setting,
  )
  // A server that turns the hello down does so whatever root is loaded; one that is not reached tells nothing.
  const refused = reasons.some(
    ({ effect, stage }) => effect === 'blocks' && stage !== 'dns' && stage !== 'tcp',
  )
  const state = refused ? 'blocked' : 'unseen'
  return { view, state, options: [], reasons, risks, beyond, stopgap: undefined }
}

function optionsOf(
  own: readonly Thing[],
  candidates: ReadonlyMap<string, Candidate>,
  best: readonly Candidate[],
  serviceEnd: Date,
): HostOption[] {
  const order = ['fits', 'undecided', 'blocked'] as const
  const ids = [...new Set(own.flatMap(({ cells }) => [...cells.keys()]))]
  const options = ids.map((sha256): HostOption => {
    const candidate = candidates.get(sha256)!
    const cells = own.flatMap((thing) => thing.cells.get(sha256) ?? [])
    const chosen = best.some(({ certificate }) => certificate.sha256 === sha256)
    const worst = order.findLast((one) => cells.some(({ trial }) => trial.trusted === one))!
    const path = cells.find(({ trial }) => trial.path !== undefined)?.trial.path
    return {
      candidate,
      chosen,
      life: cells.map(({ life }) => life).reduce(shorterLife),
      state: worst,
      reasons: cells.flatMap(({ trial }) => trial.reasons.filter((one) => !isOfServer(one))),
      risks: cells.flatMap(({ trial }) => trial.risks),
      pathBytes: path?.bytes,
      pathCertificates: path?.certificates.length,
      passedOver: undefined,
    }
  })
  const used = options.find(({ chosen }) => chosen)
  return options
    .map((option) => ({ ...option, passedOver: passedOver(option, used, serviceEnd) }))
    .sort(
      (a, b) =>
        Number(b.chosen) - Number(a.chosen) ||
        order.indexOf(a.state) - order.indexOf(b.state) ||
        b.life.until.getTime() - a.life.until.getTime(),
    )
}

function passedOver(
  { state, life, chosen, candidate }: HostOption,
  used: HostOption | undefined,
  serviceEnd: Date,
): HostOption['passedOver'] {
  if (chosen || used === undefined) return undefined
  if (state !== 'fits' && used.state !== state) return state
  const capped = (date: Date) => Math.min(date.getTime(), serviceEnd.getTime())
  if (capped(life.until) < capped(used.life.until)) return 'ends-earlier'
  if (candidate.heldAs === undefined && used.candidate.heldAs !== undefined) return 'not-held'
  if (capped(life.until) > capped(used.life.until)) return 'more-roots'
  return candidate.certificate.der.length > used.candidate.certificate.der.length ? 'larger' : 'more-roots'
}

export function accepts(
  { cells }: Thing,
  { certificate }: Candidate,
  states: readonly Trial['trusted'][],
): boolean {
  const cell = cells.get(certificate.sha256)
  return cell !== undefined && states.includes(cell.trial.trusted)
}
