import type { Device } from '../device/device.ts'
import type { Certificate } from '../x509/certificate.ts'
import { pemLength } from './anchor-storage.ts'
import { findCovers } from './covers.ts'
import { accepts, type Cell, type HostPlan, planHost, type Root, type Thing } from './host-plan.ts'
import type { HostChain, HostView } from './host-views.ts'
import type { OrdinaryRange, VerifyMode } from './judge-input.ts'
import { type AnchorSources, type Candidate, candidatesFor } from './root-candidates.ts'
import { type Life, lifeOf, shorterLife } from './root-life.ts'
import { storageOf } from './root-storage.ts'
import { type Trial, type TrialSetting, tryAnchors, verifying } from './root-trial.ts'

export interface PlanInput {
  readonly device: Device
  readonly hosts: readonly HostView[]
  readonly sources: AnchorSources
  readonly verify: VerifyMode
  readonly now: Date
  /** The devices are to work until then. */
  readonly serviceEnd: Date
  readonly ordinary: OrdinaryRange | undefined
}

/** The anchors that a device needs for its hosts, and how long they last. */
export interface RootPlan {
  readonly device: Device
  readonly now: Date
  readonly serviceEnd: Date
  /** `fits`: these anchors lead to every host; `blocked`: no anchor helps at some host. */
  readonly state: 'fits' | 'undecided' | 'blocked'
  readonly chosen: readonly ChosenRoot[]
  readonly hosts: readonly HostPlan[]
  /** More anchors, but a longer life. */
  readonly lasting: { readonly roots: readonly Candidate[]; readonly until: Date } | undefined
  /** Not every set of anchors was tried. */
  readonly bounded: boolean
}

/** An anchor to load, with the hosts that it serves. */
export interface ChosenRoot extends Root {
  readonly hosts: readonly string[]
  readonly pemBytes: number
  /** Where PEM is larger than what the device stores. */
  readonly storedAs: 'pem' | 'der'
  /** The device's SDK comes with anchors, and this one is not among them. */
  readonly missingFromBundle: boolean
}

/** Sets looked at in full, best first. */
const maxSetsTried = 50

/**
 * The anchors that lead a device to every host, chosen by the device's own semantics and limits. Best first: sets that
 * surely fit; without an anchor that has ended; with the fewest that the device does not hold yet; with the fewest; that
 * last longest within the service life; that are smallest.
 */
export function planRoots(input: PlanInput): RootPlan {
  const { now, serviceEnd, hosts } = input
  const setting = settingOf(input)
  const candidates = new Map<string, Candidate>()
  const things: Thing[] = hosts.flatMap((view) =>
    view.chains.map((chain) => thingOf(view, chain, input, setting, candidates)),
  )
  const roots = [...candidates.values()].filter(({ kind }) => kind !== 'intermediate')
  const surely = things.filter((thing) => roots.some((root) => accepts(thing, root, ['fits'])))
  const maybe = things.filter((thing) => roots.some((root) => accepts(thing, root, ['fits', 'undecided'])))
  const search = (states: readonly Trial['trusted'][], wanted: readonly Thing[]) =>
    chooseSet(roots, wanted, states, input, setting)
  const sure = surely.length === maybe.length ? search(['fits'], surely) : undefined
  const found = sure?.best === undefined ? search(['fits', 'undecided'], maybe) : sure
  const best = found.best ?? []
  const plans = hosts.map((view) => planHost(view, things, candidates, best, setting, serviceEnd))
  const chosen = best.map((candidate) => chosenRoot(candidate, best, things, input))
  const tooMany = found.best === undefined && maybe.length > 0
  const states = plans.map(({ state }) => state)
  return {
    device: input.device,
    now,
    serviceEnd,
    state:
      states.includes('blocked') || tooMany
        ? 'blocked'
        : states.includes('undecided') || states.includes('unseen') || states.length === 0
          ? 'undecided'
          : 'fits',
    chosen,
    hosts: plans,
    lasting: lastingOf(best, roots, maybe, setting, serviceEnd),
    bounded: found.bounded,
  }
}

function settingOf({ device, sources, verify, now, ordinary }: PlanInput): TrialSetting {
  const ids = device.anchorsHeld?.value ?? []
  const bundled = sources.known
    .filter(({ id }) => ids.includes(id))
    .map(({ certificate }) => certificate.sha256)
  return { device: verifying(device), known: sources.known, verify, now, ordinary, bundled: new Set(bundled) }
}

function thingOf(
  view: HostView,
  chain: HostChain,
  { sources }: PlanInput,
  setting: TrialSetting,
  candidates: Map<string, Candidate>,
): Thing {
  const cells = new Map<string, Cell>()
  for (const candidate of candidatesFor(chain, sources)) {
    const { sha256 } = candidate.certificate
    const known = candidates.get(sha256)
    if (known === undefined) candidates.set(sha256, candidate)
    const trial = tryAnchors(chain, [candidate.certificate], setting)
    cells.set(sha256, { trial, life: lifeOf(candidate, trial.path === undefined ? [] : [trial.path]) })
  }
  return { view, chain, cells }
}

interface Choice {
  readonly best: readonly Candidate[] | undefined
  readonly bounded: boolean
}

function chooseSet(
  roots: readonly Candidate[],
  wanted: readonly Thing[],
  states: readonly Trial['trusted'][],
  input: PlanInput,
  setting: TrialSetting,
): Choice {
  if (wanted.length === 0) return { best: [], bounded: false }
  const rank = (set: readonly Candidate[]) => rankOf(set, wanted, states, input)
  const ordered = [...roots].sort((a, b) => compareRanks(rank([a]), rank([b])))
  const coverage = ordered.map(
    (root) => new Set(wanted.flatMap((thing, index) => (accepts(thing, root, states) ? [index] : []))),
  )
  const { sets, bounded } = findCovers(wanted.length, coverage)
  const ranked = sets
    .map((set) => set.map((index) => ordered[index]!))
    .map((set) => ({ set, rank: rank(set) }))
    .sort((a, b) => compareRanks(a.rank, b.rank))
    .map(({ set }) => set)
  const best = ranked
    .slice(0, maxSetsTried)
    .find((set) => isHoldable(set, setting) && takesTogether(set, wanted, states, setting))
  return { best, bounded: bounded || (best === undefined && ranked.length > maxSetsTried) }
}

/** Lower is better, from the first figure on. */
function rankOf(
  set: readonly Candidate[],
  wanted: readonly Thing[],
  states: readonly Trial['trusted'][],
  { now, serviceEnd, device, sources }: PlanInput,
): number[] {
  const ended = set.filter((root) => lifeAt(root, wanted).until <= now)
  const bundled = new Set(device.anchorsHeld?.value ?? [])
  const fresh = set.filter(({ known, heldAs }) => heldAs === undefined && !bundled.has(known?.id ?? ''))
  const until = Math.min(endOf(set, wanted, states), serviceEnd.getTime())
  const open = wanted.filter((thing) => !set.some((root) => accepts(thing, root, ['fits']))).length
  const unlisted = set.filter(({ origin }) => origin === 'wire' || origin === 'fetched').length
  return [
    states.includes('undecided') ? open : 0,
    ended.length,
    unlisted,
    sources.held.length > 0 || bundled.size > 0 ? fresh.length : 0,
    set.length,
    -until,
    set.reduce((sum, { certificate }) => sum + certificate.der.length, 0),
  ]
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  return a.map((one, index) => one - b[index]!).find((difference) => difference !== 0) ?? 0
}

/** Where a root leads to several chains, the life at that where it ends first. */
function lifeAt(root: Candidate, things: readonly Thing[]): Life {
  const lives = things.flatMap(({ cells }) => cells.get(root.certificate.sha256)?.life ?? [])
  return lives.length === 0 ? lifeOf(root, []) : lives.reduce(shorterLife)
}

function isHoldable(set: readonly Candidate[], { device, bundled }: TrialSetting): boolean {
  const stored = set.map(({ certificate }) => certificate).filter(({ sha256 }) => !bundled.has(sha256))
  return storageOf(device, stored).form !== undefined
}

/** Each alone does; together they must not be worse. */
function takesTogether(
  set: readonly Candidate[],
  wanted: readonly Thing[],
  states: readonly Trial['trusted'][],
  setting: TrialSetting,
): boolean {
  if (set.length === 1) return true
  const anchors = set.map(({ certificate }) => certificate)
  return wanted.every(({ chain }) => states.includes(tryAnchors(chain, anchors, setting).trusted))
}

function chosenRoot(
  candidate: Candidate,
  set: readonly Candidate[],
  things: readonly Thing[],
  { device }: PlanInput,
): ChosenRoot {
  const led = things.filter((thing) => accepts(thing, candidate, ['fits', 'undecided']))
  const endsAt = ({ cells }: Thing, root: Candidate) =>
    cells.get(root.certificate.sha256)?.life.until.getTime() ?? 0
  // Where another of the set lasts longer, the end of this one does not matter.
  const depending = led.filter((thing) =>
    set.every((root) => endsAt(thing, root) <= endsAt(thing, candidate)),
  )
  const bundle = device.anchorsHeld?.value
  const { certificate, known } = candidate
  return {
    candidate,
    life: lifeAt(candidate, depending.length > 0 ? depending : led),
    hosts: [...new Set(led.map(({ view }) => hostLabel(view)))],
    pemBytes: pemLength(certificate),
    storedAs: storageOf(device, [certificate]).form ?? 'pem',
    missingFromBundle: bundle !== undefined && !bundle.includes(known?.id ?? ''),
  }
}

/** More anchors are worth a word where they last longer: at each chain that which ends last. */
function lastingOf(
  best: readonly Candidate[],
  roots: readonly Candidate[],
  wanted: readonly Thing[],
  setting: TrialSetting,
  serviceEnd: Date,
): RootPlan['lasting'] {
  const now = endOf(best, wanted, ['fits'])
  if (best.length === 0 || now >= serviceEnd.getTime()) return undefined
  const set = new Set<Candidate>()
  for (const thing of wanted) {
    const ways = roots.filter((root) => accepts(thing, root, ['fits']))
    const last = (root: Candidate) => thing.cells.get(root.certificate.sha256)!.life.until.getTime()
    const [longest] = ways.sort((a, b) => last(b) - last(a) || Number(set.has(b)) - Number(set.has(a)))
    if (longest === undefined) return undefined
    set.add(longest)
  }
  const end = endOf([...set], wanted, ['fits'])
  if (end <= now || !isHoldable([...set], setting)) return undefined
  return { roots: [...set], until: new Date(end) }
}

/** When the first host is lost: each is led to by that root of the set which ends last there. */
function endOf(
  set: readonly Candidate[],
  wanted: readonly Thing[],
  states: readonly Trial['trusted'][],
): number {
  const ends = wanted.map((thing) =>
    Math.max(
      ...set
        .filter((root) => accepts(thing, root, states))
        .map(({ certificate }) => thing.cells.get(certificate.sha256)!.life.until.getTime()),
    ),
  )
  return Math.min(...ends)
}

/** With the port where it is not the usual one. */
export function hostLabel({ host, port }: HostView): string {
  if (port === undefined || port === 443) return host
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** The certificates to be stored, in the order in which they are told. */
export function anchorsToStore({ chosen, device }: RootPlan): Certificate[] {
  const bundle = new Set(device.anchorsHeld?.value ?? [])
  return chosen
    .filter(({ candidate: { known, heldAs } }) => heldAs === undefined && !bundle.has(known?.id ?? ''))
    .map(({ candidate }) => candidate.certificate)
}
