import { formatHex } from '../codec/hex.ts'
import { hash } from '../crypto/hash.ts'
import { briefOf, chainChange } from './chain-change.ts'
import type { ChainFacts, PlanView, Snapshot } from './snapshot.ts'
import type { ChainChange, SnapshotChange, SnapshotChangeOf } from './snapshot-change.ts'
import { byCodeUnit } from './snapshot-of.ts'
import { firstTurns, type Met, meet, type Round, type Turns } from './turns.ts'

/** What is known of an endpoint from one vantage point: what it shows, and what it showed lately. Plain JSON. */
export interface EndpointMemory {
  readonly addresses: Turns<string>
  /** By `plan`. */
  readonly views: readonly ViewMemory[]
  /** Each chain that a view names. */
  readonly chains: readonly ChainFacts[]
}

export interface ViewMemory {
  readonly plan: string
  readonly chains: Turns<string>
  readonly versions: Turns<string>
  readonly cipherSuites: Turns<string>
  readonly handshakeRecords: Turns<number>
  readonly dataRecords: Turns<number>
}

export interface Compared {
  readonly changes: readonly SnapshotChange[]
  /** The very object that was given, where there is nothing new to keep. */
  readonly memory: EndpointMemory
}

/** Of hellos that nobody sends any more the latest are kept. */
const viewsAtMost = 64

/** `memory` is undefined for the first look, which changes nothing. A hello sent for the first time does not either. */
export function compareSnapshot(
  memory: EndpointMemory | undefined,
  snapshot: Snapshot,
  { rememberSeconds }: Pick<Round, 'rememberSeconds'>,
): Compared {
  const round = { at: snapshot.at, rememberSeconds }
  const facts = new Map([...(memory?.chains ?? []), ...snapshot.chains].map((chain) => [chain.digest, chain]))
  const changes: SnapshotChangeOf[] = []
  const addresses = meetIn(memory?.addresses, snapshot.addresses, round)
  changes.push(...addressChanges(addresses))
  const known = new Map((memory?.views ?? []).map((view) => [view.plan, view]))
  for (const view of snapshot.views) {
    const compared = compareView(known.get(view.plan), view, facts, round)
    changes.push(...compared.changes)
    // The latest last.
    known.delete(view.plan)
    known.set(view.plan, compared.view)
  }
  const views = [...known.values()].slice(-viewsAtMost).sort((a, b) => byCodeUnit(a.plan, b.plan))
  const next = { addresses: addresses.turns, views, chains: namedBy(views, facts) }
  return { changes: once(changes), memory: isSame(memory, next) ? memory : next }
}

/** Chains that are not served now and will come again: they went and came back before. */
export function chainsToCome({ views, chains }: EndpointMemory): readonly ChainFacts[] {
  const served = new Set(views.flatMap((view) => view.chains.current))
  const back = new Set(views.flatMap((view) => view.chains.back ?? []))
  return chains.filter(({ digest }) => back.has(digest) && !served.has(digest))
}

function compareView(
  before: ViewMemory | undefined,
  view: PlanView,
  facts: ReadonlyMap<string, ChainFacts>,
  round: Round,
): { readonly view: ViewMemory; readonly changes: readonly SnapshotChangeOf[] } {
  const { handshakeRecordBytes: handshake, dataRecordBytes: data } = view
  const chains = meetIn(before?.chains, view.chains, round)
  const versions = meetIn(before?.versions, view.versions, round)
  const cipherSuites = meetIn(before?.cipherSuites, view.cipherSuites, round)
  const handshakeRecords = meetIn(before?.handshakeRecords, handshake === undefined ? [] : [handshake], round)
  const dataRecords = meetIn(before?.dataRecords, data === undefined ? [] : [data], round)
  const record = recordChange('handshake', handshakeRecords)
  const ofChains = chainChanges(chains, facts).map((change) =>
    record === undefined || change.kind === 'by-turns'
      ? change
      : { ...change, recordFrom: record.bytesFrom, recordTo: record.bytesTo },
  )
  return {
    view: {
      plan: view.plan,
      chains: chains.turns,
      versions: versions.turns,
      cipherSuites: cipherSuites.turns,
      handshakeRecords: handshakeRecords.turns,
      dataRecords: dataRecords.turns,
    },
    changes: [
      ...ofChains,
      // With another chain comes another record, and with another version another suite: one change, told once.
      ...(record === undefined || ofChains.length > 0 ? [] : [record]),
      ...given(recordChange('data', dataRecords)),
      ...given(setChange('version', versions) ?? setChange('suite', cipherSuites)),
    ],
  }
}

function given<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value]
}

interface MetIn<T extends string | number> extends Met<T> {
  readonly before: readonly T[]
}

/** What was not seen this time, such as the chain of a session that was resumed, stays as it was. */
function meetIn<T extends string | number>(
  turns: Turns<T> | undefined,
  values: readonly T[],
  round: Round,
): MetIn<T> {
  if (turns === undefined || turns.current.length === 0 || values.length === 0) {
    const kept = turns === undefined || turns.current.length === 0 ? firstTurns(values) : turns
    return { turns: kept, fresh: [], gone: [], beganToTurn: false, before: kept.current }
  }
  return { ...meet(turns, values, round), before: turns.current }
}

type ChainsByTurns = Extract<SnapshotChangeOf, { of: 'chains' }>

function chainChanges(
  met: MetIn<string>,
  facts: ReadonlyMap<string, ChainFacts>,
): readonly (ChainChange | ChainsByTurns)[] {
  const factsOf = (digests: readonly string[]) => digests.flatMap((digest) => facts.get(digest) ?? [])
  const left = factsOf(met.turns.left.map(({ value }) => value))
  const known = [...factsOf(met.before), ...left]
  const told = factsOf(met.fresh).filter(
    (chain) => !met.turns.turning || !known.some((one) => covers(one, chain)),
  )
  const before = factsOf(met.gone.length > 0 ? met.gone : met.before)
  const changes = told.flatMap((chain) => chainChange(before, chain) ?? [])
  if (!met.beganToTurn) return changes
  const chains = [...factsOf(met.turns.current), ...left].map(briefOf)
  return [...changes, { kind: 'by-turns', of: 'chains', chains }]
}

/** What a device needs for the one does for the other as well: the endpoint has many such, one a machine. */
function covers(known: ChainFacts, chain: ChainFacts): boolean {
  const isAsLarge =
    known.bytes >= chain.bytes && known.messageBytes >= chain.messageBytes && known.count >= chain.count
  const key = (facts: ChainFacts) => facts.certificates[0]?.key
  return isAsLarge && known.root === chain.root && known.issuer === chain.issuer && key(known) === key(chain)
}

/** Of sizes that turn only what is larger than all before is told. */
function recordChange(
  of: 'handshake' | 'data',
  met: MetIn<number>,
): Extract<SnapshotChangeOf, { kind: 'record' }> | undefined {
  const [bytesTo] = met.fresh
  const [bytesFrom] = met.before
  if (bytesTo === undefined || bytesFrom === undefined) return undefined
  const most = Math.max(bytesFrom, ...met.turns.left.map(({ value }) => value))
  return met.turns.turning && bytesTo <= most ? undefined : { kind: 'record', of, bytesFrom, bytesTo }
}

function setChange(
  kind: 'version' | 'suite',
  { fresh, before, turns }: MetIn<string>,
): SnapshotChangeOf | undefined {
  return fresh.length === 0 ? undefined : { kind, from: before, to: turns.current }
}

function addressChanges({ fresh, gone, turns, beganToTurn }: MetIn<string>): SnapshotChangeOf[] {
  if (beganToTurn) {
    const addresses = [...turns.current, ...turns.left.map(({ value }) => value)].sort(byCodeUnit)
    return [{ kind: 'by-turns', of: 'addresses', addresses }]
  }
  if (turns.turning || (fresh.length === 0 && gone.length === 0)) return []
  return [{ kind: 'addresses', added: fresh, removed: gone }]
}

function namedBy(
  views: readonly ViewMemory[],
  facts: ReadonlyMap<string, ChainFacts>,
): readonly ChainFacts[] {
  const named = new Set(
    views.flatMap(({ chains }) => [...chains.current, ...chains.left.map(({ value }) => value)]),
  )
  return [...named].sort(byCodeUnit).flatMap((digest) => facts.get(digest) ?? [])
}

/** Several hellos meet the same change. */
function once(changes: readonly SnapshotChangeOf[]): SnapshotChange[] {
  const byKey = new Map<string, SnapshotChange>()
  for (const change of changes) {
    const key = keyOf(change)
    if (!byKey.has(key)) byKey.set(key, { key, ...change })
  }
  return [...byKey.values()]
}

const digestDigits = 16

function keyOf(change: SnapshotChangeOf): string {
  switch (change.kind) {
    case 'by-turns':
      return `by-turns:${change.of}`
    case 'record':
      return `record:${change.of}:${change.bytesTo}`
    case 'version':
    case 'suite':
      return `${change.kind}:${change.to.join('+')}`
    case 'addresses': {
      const text = new TextEncoder().encode([...change.added, '', ...change.removed].join('\n'))
      return `addresses:${formatHex(hash('sha256', text)).slice(0, digestDigits)}`
    }
    default:
      return `chain:${change.to.digest.slice(0, digestDigits)}`
  }
}

function isSame(a: EndpointMemory | undefined, b: EndpointMemory): a is EndpointMemory {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b)
}
