import type { State } from '../judge/verdict.ts'
import type { Change, ChangeOf, MarginFailure } from './comparison.ts'
import {
  type ChainRecord,
  type DeviceRecord,
  type MarginRecord,
  marginKey,
  orderRecord,
  type RunRecord,
  type TargetRecord,
} from './run-record.ts'
import type { SeenRun } from './run-recorder.ts'

export interface RunsCompared {
  readonly changes: readonly Change[]
  /** What the next run is compared with: what was not reached keeps its place. */
  readonly next: RunRecord
  /** The same without the memory of chains that come by turns: what was found is what is to be held. */
  readonly accepted: RunRecord
}

export interface CompareOptions {
  /** `2026-11-21T00:00:00Z`. */
  readonly at: string
  /** Whether so little room is what the plan refuses. Beyond the limit always is. */
  readonly refuses?: ((target: string, margin: MarginRecord) => boolean) | undefined
}

/** `before` is undefined for a first run. */
export function compareRuns(
  before: RunRecord | undefined,
  seen: SeenRun,
  { at, refuses }: CompareOptions,
): RunsCompared {
  const was = new Map((before?.targets ?? []).map((target) => [target.target, devicesOf(target)]))
  const now = new Map(seen.record.targets.map((target) => [target.target, devicesOf(target)]))
  const missed = missedOf(seen)
  const changes: Change[] = []
  const next: TargetRecord[] = []
  for (const target of new Set([...was.keys(), ...now.keys(), ...missed.keys()])) {
    const moment: Moment = { at, fails: (margin) => margin.left < 0 || refuses?.(target, margin) === true }
    const one = compareTarget(was.get(target), now.get(target), missed.get(target), moment)
    if (before !== undefined || one.rows.some(({ change }) => tellsOfFirst(change))) {
      changes.push(...grouped(target, one.rows, before === undefined))
    }
    if (one.devices.length > 0) next.push({ target, devices: one.devices })
  }
  const accepted = next.map(({ target, devices }) => ({
    target,
    devices: devices.map((device) => now.get(target)?.get(device.device) ?? device),
  }))
  return {
    changes,
    next: orderRecord({ targets: next }),
    accepted: orderRecord({ targets: accepted }),
  }
}

interface Row {
  readonly device: string
  readonly change: ChangeOf
}

interface Moment {
  readonly at: string
  readonly fails: (margin: MarginRecord) => boolean
}

type Missed = 'all' | ReadonlySet<string>
type Devices = ReadonlyMap<string, DeviceRecord>

function devicesOf({ devices }: TargetRecord): Devices {
  return new Map(devices.map((device) => [device.device, device]))
}

function missedOf({ unreached, failed }: SeenRun): Map<string, Missed> {
  const missed = new Map<string, Missed>()
  for (const { target, device } of unreached) {
    const known = missed.get(target)
    missed.set(target, new Set([...(known === undefined || known === 'all' ? [] : known), device]))
  }
  for (const target of failed) missed.set(target, 'all')
  return missed
}

function compareTarget(
  was: Devices | undefined,
  now: Devices | undefined,
  missed: Missed | undefined,
  moment: Moment,
): { readonly rows: readonly Row[]; readonly devices: readonly DeviceRecord[] } {
  const rows: Row[] = []
  const devices: DeviceRecord[] = []
  const isMissed = (device: string) => missed === 'all' || missed?.has(device) === true
  const names = new Set([
    ...(was?.keys() ?? []),
    ...(now?.keys() ?? []),
    ...(missed === 'all' ? [] : (missed ?? [])),
  ])
  for (const device of names) {
    const [before, after] = [was?.get(device), now?.get(device)]
    const add = (change: ChangeOf) => rows.push({ device, change })
    if (after === undefined && isMissed(device)) {
      add({ kind: 'not-reached', was: before?.state })
      if (before !== undefined) devices.push(before)
    } else if (after === undefined) {
      add({ kind: now === undefined ? 'target-gone' : 'device-gone' })
    } else if (before === undefined) {
      add({ kind: was === undefined ? 'target-new' : 'device-new' })
      devices.push(after)
    } else {
      const merged = isByTurns(before, after, moment) ? worstOf(before, after, moment) : after
      for (const change of compareDevice(before, after, merged, moment)) add(change)
      devices.push(merged)
    }
    const chains = after?.chains.length ?? 0
    if (chains > 1) add({ kind: 'several-chains', chains })
  }
  if (missed === 'all' && names.size === 0)
    rows.push({ device: '', change: { kind: 'not-reached', was: undefined } })
  return { rows, devices }
}

function compareDevice(
  before: DeviceRecord,
  after: DeviceRecord,
  merged: DeviceRecord,
  moment: Moment,
): ChangeOf[] {
  const changes: ChangeOf[] = []
  if (before.state !== after.state) {
    const worse = badness[after.state] > badness[before.state]
    changes.push({
      kind: worse ? 'worse' : 'better',
      from: before.state,
      to: after.state,
      stage: after.stage,
    })
  }
  if (isByTurns(before, after, moment)) changes.push({ kind: 'by-turns' })
  changes.push(...compareChains(before.chains, merged.chains))
  const now = new Map(merged.margins.map((margin) => [marginKey(margin), margin]))
  for (const { limit, counts, unit, left, limitValue } of before.margins) {
    const margin = now.get(marginKey({ limit, counts }))
    if (margin === undefined || margin.unit !== unit) continue
    if (margin.left === left && margin.limitValue === limitValue) continue
    changes.push({
      kind: 'margin',
      ...{
        limit,
        counts,
        unit,
        from: left,
        to: margin.left,
        limitFrom: limitValue,
        limitTo: margin.limitValue,
      },
    })
  }
  return changes
}

const badness: { readonly [Of in State]: number } = { fits: 0, 'at-risk': 1, undecided: 2, blocked: 3 }

function compareChains(before: readonly ChainRecord[], after: readonly ChainRecord[]): ChangeOf[] {
  const [was, now] = [heaviest(before), heaviest(after)]
  if (was === undefined || now === undefined) return []
  const changes: ChangeOf[] = []
  const roots = (chains: readonly ChainRecord[]) => [...new Set(chains.map(({ root }) => root))].sort()
  const [from, to] = [roots(before), roots(after)]
  if (from.join('\n') !== to.join('\n')) changes.push({ kind: 'root', from, to })
  if (was.bytes !== now.bytes || was.certificates !== now.certificates) {
    changes.push({
      kind: 'chain',
      bytesFrom: was.bytes,
      bytesTo: now.bytes,
      certificatesFrom: was.certificates,
      certificatesTo: now.certificates,
    })
  }
  const known = new Set(before.map(({ leaf }) => leaf))
  const renewed = after
    .filter(({ leaf }) => !known.has(leaf))
    .sort(byIssue)
    .at(-1)
  const last = [...before].sort(byIssue).at(-1)
  if (renewed !== undefined && last !== undefined && renewed.issued > last.issued) {
    changes.push({ kind: 'renewed', expiresFrom: last.expires, expiresTo: renewed.expires })
  }
  return changes
}

function byIssue(a: ChainRecord, b: ChainRecord): number {
  return a.issued < b.issued ? -1 : a.issued > b.issued ? 1 : 0
}

function heaviest(chains: readonly ChainRecord[]): ChainRecord | undefined {
  return chains.reduce<ChainRecord | undefined>(
    (worst, chain) => (worst === undefined || chain.bytes > worst.bytes ? chain : worst),
    undefined,
  )
}

/**
 * Whether a leaf of before that still holds was not met, and nothing newer stands in its place: a balancer or CDN that
 * gives now this chain, now that. A renewal is newer than all that were met before.
 * Back from what failed to what does not is a cure: what was rolled back is no turn that will come again.
 */
function isByTurns(before: DeviceRecord, after: DeviceRecord, moment: Moment): boolean {
  return !isCured(before, after, moment) && absent(before, after, moment).length > 0
}

function isCured(before: DeviceRecord, after: DeviceRecord, { fails }: Moment): boolean {
  if (before.state === 'blocked' && after.state !== 'blocked') return true
  const failed = new Set(before.margins.filter(fails).map(marginKey))
  return after.margins.some((margin) => failed.has(marginKey(margin)) && !fails(margin))
}

function absent(before: DeviceRecord, after: DeviceRecord, { at }: Moment): readonly ChainRecord[] {
  if (after.chains.length === 0) return []
  const met = new Set(after.chains.map(({ leaf }) => leaf))
  const newest = after.chains.map(({ issued }) => issued).reduce((a, b) => (a > b ? a : b))
  return before.chains.filter(
    ({ leaf, issued, expires }) => !met.has(leaf) && expires >= at && issued >= newest,
  )
}

/** The chain that was not met may come again: its room, where it is less, goes on being what is left. */
function worstOf(before: DeviceRecord, after: DeviceRecord, moment: Moment): DeviceRecord {
  const known = new Map(before.margins.map((margin) => [marginKey(margin), margin]))
  return {
    ...after,
    chains: [...after.chains, ...absent(before, after, moment)],
    margins: after.margins.map((margin) => {
      const was = known.get(marginKey(margin))
      const isLess = was !== undefined && was.limitValue === margin.limitValue && was.left < margin.left
      return isLess ? was : margin
    }),
  }
}

/**
 * A margin that shrank too far stays counted from where it was: the next run fails as well, until it is cured or
 * somebody accepts it.
 */
export function holdingFailed(
  next: RunRecord,
  before: RunRecord | undefined,
  failures: readonly MarginFailure[],
): RunRecord {
  const failed = new Set(
    failures
      .filter(({ rule }) => rule === 'shrink')
      .map((one) => JSON.stringify([one.target, one.device, marginKey(one)])),
  )
  if (failed.size === 0) return next
  const was = new Map((before?.targets ?? []).map((target) => [target.target, devicesOf(target)]))
  const held = (target: string, device: string, margin: MarginRecord): MarginRecord => {
    if (!failed.has(JSON.stringify([target, device, marginKey(margin)]))) return margin
    const margins = was.get(target)?.get(device)?.margins
    return margins?.find((one) => marginKey(one) === marginKey(margin)) ?? margin
  }
  // With the room its chains: once it is cured, the chain that took the room is no turn that will come again.
  const heldChains = (target: string, { device, margins, chains }: DeviceRecord) =>
    margins.some((margin) => failed.has(JSON.stringify([target, device, marginKey(margin)])))
      ? (was.get(target)?.get(device)?.chains ?? chains)
      : chains
  return {
    targets: next.targets.map(({ target, devices }) => ({
      target,
      devices: devices.map((device) => ({
        ...device,
        chains: heldChains(target, device),
        margins: device.margins.map((margin) => held(target, device.device, margin)),
      })),
    })),
  }
}

/** Of a first run only what is no news is told. */
function tellsOfFirst({ kind }: ChangeOf): boolean {
  return kind === 'not-reached' || kind === 'several-chains'
}

/** One change for all the devices that it came to in the same way; in the order of the first. */
function grouped(target: string, rows: readonly Row[], isFirst: boolean): Change[] {
  const groups = new Map<string, { change: ChangeOf; devices: string[] }>()
  for (const { device, change } of rows) {
    if (isFirst && !tellsOfFirst(change)) continue
    const key = JSON.stringify(change)
    const group = groups.get(key) ?? { change, devices: [] }
    if (device !== '') group.devices.push(device)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ change, devices }) => ({ ...change, target, devices }))
}
