import type { FailureKind } from '../device/device.ts'
import type { Cause } from '../finding/cause.ts'
import { findings as rows } from '../finding/details.ts'
import type { Effect, FixSuggested } from '../finding/finding.ts'
import type { Stage } from '../finding/stage.ts'
import type { StackFailure, StackReason } from '../stack/stack.ts'
import { subjectAt } from './chain-size.ts'
import { frontSmallChain } from './fixes.ts'
import { type Draft, draft, fix } from './rule.ts'
import type { Scene } from './scene.ts'
import { ofAnchors, type StackView } from './stack-view.ts'

/** Failures on which the device's own library has the last word, with the stage at which it is met. */
// biome-ignore format: a table
const settled: { readonly [K in FailureKind]?: { readonly stage: Stage; readonly cause: Cause | undefined } } = {
  'extension-refused':     { stage: 'hello', cause: 'tls-stack-bug' },
  'message-too-large':     { stage: 'chain', cause: 'record-too-large' },
  'message-fragmented':    { stage: 'chain', cause: 'tls-stack-bug' },
  'chain-too-large':       { stage: 'chain', cause: 'chain-too-large' },
  'certificate-too-large': { stage: 'chain', cause: 'cert-too-large' },
  'key-too-large':         { stage: 'chain', cause: 'rsa-key-too-large' },
  'algorithm-unsupported': { stage: 'chain', cause: 'sigalg-unsupported' },
  'certificate-refused':   { stage: 'chain', cause: undefined },
  untrusted:               { stage: 'path',  cause: 'untrusted-root' },
  'no-anchor':             { stage: 'path',  cause: 'no-trust-anchor' },
  'issuer-refused':        { stage: 'path',  cause: undefined },
  'key-usage':             { stage: 'path',  cause: undefined },
  'key-exchange-refused':  { stage: 'handshake', cause: 'tls-stack-bug' },
  'name-mismatch':         { stage: 'name',  cause: 'name-mismatch' },
  expired:                 { stage: 'dates', cause: 'cert-expired' },
  'not-yet-valid':         { stage: 'dates', cause: 'clock-unset' },
  'record-too-large':      { stage: 'records', cause: 'record-too-large' },
}

/** Findings that stay what they are whatever the library does: they are not about this connection's outcome. */
const kept: ReadonlySet<string> = new Set([
  // What was measured of the device stands beside the rules of its library.
  'stack-refuses',
  'root-unknown',
  'root-assumed',
  'record-size-undecided',
  'chain-size-witnessed',
  // What a build has of what its library knows.
  'algorithm-unproved',
])

/**
 * Brings what the general rules found into line with what the device's own TLS library does, where its rules are
 * known: what it refuses blocks, in its own number; what it accepts does not; and what only it refuses is added.
 */
export function settle(scene: Scene, drafts: readonly Draft[]): Draft[] {
  const { stack } = scene
  if (stack === undefined) return [...drafts]
  const told = new Set<StackReason>()
  const own = drafts.map((one) => {
    const kind = one.failure ?? rows[one.id].failure
    if (kind === undefined || kind === 'none' || settled[kind] === undefined || kept.has(one.id)) return one
    const met: Met[] = stack.failures.flatMap((failure) =>
      failure.reasons
        .filter((reason) => reason.kind === kind && sameIndex(reason, one))
        .map((reason) => ({ failure, reason })),
    )
    if (met[0] === undefined) {
      return looksAt(scene, kind) && !isOverOwnLimit(scene, one) ? soften(one, kind, stack) : one
    }
    for (const { reason } of met) told.add(reason)
    return settleOne(one, met[0])
  })
  const all = [...own, ...addRest(scene, told, own)]
  return stack.failures.some(({ setup }) => setup) ? all.map(afterSetup) : all
}

/**
 * No rules of a library know a limit for the chain or for one certificate in bytes: who gives one, a profile of one's own
 * or a measurement, tells of the device what its library does not.
 */
function isOverOwnLimit({ device: { limits } }: Scene, { limit }: Draft): boolean {
  return limit !== undefined && (limit === limits.chainBytes || limit === limits.certificateBytes)
}

/** Where the library does not even come to its hello, what lies behind is met later. */
function afterSetup(one: Draft): Draft {
  const stage = one.stage ?? rows[one.id].stage
  return one.number?.setup || stage === 'dns' || stage === 'tcp' ? one : { ...one, later: true }
}

interface Met {
  readonly failure: StackFailure
  readonly reason: StackReason
}

function sameIndex(reason: StackReason, { details }: Draft): boolean {
  const index = 'index' in details ? details.index : undefined
  return reason.index === undefined || index === undefined || reason.index === index
}

function settleOne(one: Draft, { failure, reason }: Met): Draft {
  // A device that asks for less, or goes on after a new connection, may live with a record too large.
  const lives = one.id === 'record-too-large' && one.effect === 'risks'
  const effect: Effect = lives ? 'risks' : failure.uncertain || reason.open ? 'unknown' : 'blocks'
  return { ...one, effect, number: failure }
}

/** Where it is not known whether the device verifies, or compares names or dates, its silence accepts nothing. */
function looksAt({ checks }: Scene, kind: FailureKind): boolean {
  if (ofRecords.has(kind)) return true
  const own = kind === 'name-mismatch' ? checks.name : ofDates.has(kind) ? checks.dates : checks.peer
  return checks.peer.state !== 'unknown' && own.state !== 'unknown'
}

const ofRecords: ReadonlySet<FailureKind> = new Set([
  'message-too-large',
  'message-fragmented',
  'record-too-large',
])
const ofDates: ReadonlySet<FailureKind> = new Set(['expired', 'not-yet-valid'])

/** The library does not mind, or stopped before it looked. Dates that nobody looks at are still a fault of the server's. */
function soften(one: Draft, kind: FailureKind, { verified, failures }: StackView): Draft {
  if (!verified && !ofRecords.has(kind))
    return failures.some(({ early }) => early) ? { ...one, later: true } : one
  if (one.effect !== 'blocks' && one.effect !== 'unknown') return one
  const worth = ofDates.has(kind) || one.id === 'leaf-as-anchor'
  return { ...one, effect: worth ? 'risks' : 'info' }
}

/** What the library refuses and no general rule found; reasons of one failure are one event, so the first stands for it. */
function addRest(scene: Scene, told: ReadonlySet<StackReason>, own: readonly Draft[]): Draft[] {
  return scene.stack!.failures.flatMap((failure) => {
    const explained = failure.reasons.some((reason) => told.has(reason))
    const reason = failure.reasons[0]
    if (explained || reason === undefined) return []
    if (reason.kind === 'record-too-large' && own.some(({ id }) => id === 'record-too-large')) return []
    return [ownFinding(scene, failure, reason)]
  })
}

/** What the server can change about what the library refuses. */
function ownCure(kind: FailureKind): FixSuggested[] {
  if (sizes.has(kind)) return [fix('use-shorter-chain')]
  if (kind === 'algorithm-unsupported' || kind === 'key-too-large') return [fix('serve-other-key')]
  if (issuance.has(kind)) return [fix('reissue-for-server')]
  if (kind === 'extension-refused') return [fix('update-server')]
  if (kind === 'key-exchange-refused') return [fix('enable-suite')]
  return [fix('serve-sound-chain')]
}

const sizes: ReadonlySet<FailureKind> = new Set([
  'chain-too-large',
  'certificate-too-large',
  'message-too-large',
  'message-fragmented',
  'out-of-memory',
])
const issuance: ReadonlySet<FailureKind> = new Set(['certificate-refused', 'key-usage'])

function ownFinding(scene: Scene, failure: StackFailure, reason: StackReason): Draft {
  const { kind, index, detail, size } = reason
  const effect: Effect = failure.uncertain ? 'unknown' : 'blocks'
  const place = settled[kind]
  const assumed = scene.trust.held === undefined && ofAnchors.has(kind) ? ({ assumed: true } as const) : {}
  if (failure.setup) {
    const held = scene.trust.held?.[0]?.certificate ?? scene.leg.chain?.path.used?.anchor
    const subject = held?.subject.commonName ?? held?.subject.text ?? ''
    const fixes = [fix('load-root-readable')]
    const details = { subject, detail, ...assumed }
    return { ...draft('anchor-unreadable', effect, details, { fixes }), number: failure }
  }
  if (kind === 'record-too-large' && size !== undefined) {
    const details = {
      recordBytes: size.bytes,
      limitBytes: size.limitBytes,
      offset: size.offset ?? 0,
      rangeBytes: undefined,
      largestBytes: undefined,
    }
    const fixes = [fix('cap-server-records', { recordLimitBytes: size.limitBytes })]
    return { ...draft('record-too-large', effect, details, { fixes }), number: failure }
  }
  const chain = scene.leg.chain
  const subject = index === undefined || chain === undefined ? undefined : subjectAt(chain, index)
  const details = { reason: kind, index, subject, detail, ...assumed }
  const fixes = [...ownCure(kind), frontSmallChain(scene, chain)]
  const extras = { fixes, stage: place?.stage, cause: place?.cause, failure: kind }
  return { ...draft('stack-refuses', effect, details, extras), number: failure }
}
