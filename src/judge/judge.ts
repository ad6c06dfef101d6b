import type { FailureKind } from '../device/device.ts'
import { type FindingId, findings as rows } from '../finding/details.ts'
import type { Effect, Finding, FindingOf } from '../finding/finding.ts'
import { type Stage, stages } from '../finding/stage.ts'
import { alertLevels } from '../tls/alerts.ts'
import { chainRules } from './chain.ts'
import { comparisonRules } from './comparisons.ts'
import { datesRules } from './dates.ts'
import { dnsRules } from './dns.ts'
import { endingAtAnchor } from './fixes.ts'
import { handshakeRules } from './handshake.ts'
import { helloRules } from './hello.ts'
import { httpRules } from './http.ts'
import { issuingRules } from './issuing.ts'
import type { JudgeInput } from './judge-input.ts'
import { fixesOrLast } from './last-fixes.ts'
import { uniteMargins } from './margins.ts'
import { memoryRules } from './memory.ts'
import { missing, uniteMissing } from './missing.ts'
import { mqttRules } from './mqtt.ts'
import { nameRules } from './name.ts'
import { pathRules } from './path.ts'
import { recordRules } from './records.ts'
import { cite, type Draft, type Judged, type Rule } from './rule.ts'
import { isThere, openScenes, type Scene } from './scene.ts'
import { seenStages } from './seen.ts'
import { settle } from './settle.ts'
import { codeOfEnd } from './stack-view.ts'
import { tcpRules } from './tcp.ts'
import type { Missing, StageVerdict, State, Verdict } from './verdict.ts'
import { type LibraryNumber, wordsOf } from './words-of.ts'

const rules: readonly Rule[] = [
  ...dnsRules,
  ...tcpRules,
  ...helloRules,
  ...chainRules,
  ...pathRules,
  ...issuingRules,
  ...nameRules,
  ...datesRules,
  ...handshakeRules,
  ...memoryRules,
  ...comparisonRules,
  ...recordRules,
  ...httpRules,
  ...mqttRules,
]

/**
 * Replays the observation in the order in which the device would live it, host by host and stage by stage, and says
 * where it stops. Pure; throws nothing for whatever a server sent.
 */
export function judge(input: JudgeInput): Verdict {
  const scenes = openScenes(input)
  const asked = scenes.flatMap((scene) => askRules(scene))
  const placed = placeInTime(asked, scenes)
  const findings = placed.map((one) => toFinding(one, input)).sort(byStage)
  const reached = placed.filter(({ reached: met }) => met)
  const state = floored(stateOf(reached.map(({ draft }) => draft.effect)), input, scenes)
  return {
    observation: input.observation,
    device: input.device,
    state,
    leans: leaningOf(reached.map(({ draft }) => draft)),
    stage: reached.find(({ draft }) => draft.effect === 'blocks')?.stage,
    stages: stageVerdicts(asked, placed, seenStages(scenes)),
    findings,
    margins: uniteMargins(asked.flatMap(({ judged }) => judged.margins ?? [])),
    missing: missingForAnswer(
      uniteMissing([...missingOf(asked), ...(state === 'blocked' ? [] : unfinished(input, scenes))]),
    ),
  }
}

/** An endpoint that was not reached has no handshake to come to its end: to reach it says both. */
function missingForAnswer(all: readonly Missing[]): readonly Missing[] {
  const unreached = all.some(({ needs, about }) => needs === 'reachable-from-here' && about === undefined)
  return unreached ? all.filter(({ needs }) => needs !== 'live-endpoint') : all
}

/** What a rule asks for that left something open comes first: it is what the verdict hangs on. */
function missingOf(asked: readonly Asked[]): Missing[] {
  const opens = ({ judged }: Asked) => judged.findings?.some(({ effect }) => effect === 'unknown') ?? false
  return [...asked.filter(opens), ...asked.filter((one) => !opens(one))].flatMap(
    ({ judged }) => judged.missing ?? [],
  )
}

/** Whatever the rules make of it: nobody fits a live endpoint whose handshake was not seen to end. */
function floored(state: State, input: JudgeInput, scenes: readonly Scene[]): State {
  const good = state === 'fits' || state === 'at-risk'
  return good && unfinished(input, scenes).length > 0 ? 'undecided' : state
}

function unfinished({ observation }: JudgeInput, scenes: readonly Scene[]): Missing[] {
  if (observation.source === 'pem') return []
  const ended = scenes.every(({ leg }) => leg.first?.establishedAtMs !== undefined)
  if (observation.source === 'dial') {
    return ended ? [] : [missing('live-endpoint', 'the handshake did not come to its end')]
  }
  // Of another client's session there is the chain alone, as in a file.
  const own = observation.connections.some(({ hello }) => hello !== undefined)
  if (!own) return []
  if (!ended) return [missing('live-endpoint', 'the capture does not show the end of the handshake')]
  const last = observation.connections.at(-1)
  const asked = last?.close !== undefined && last.close.applicationRecordsSent > 0
  if (asked && last.close.applicationRecordsReceived === 0) {
    return [missing('live-endpoint', 'the capture shows data of the device and no answer to it')]
  }
  if (last?.alerts.some(({ direction, level }) => direction === 'received' && level === alertLevels.fatal)) {
    return [missing('live-endpoint', 'the server ended the session with an alert')]
  }
  const chained = scenes.every((scene) => isThere('chain', scene))
  return chained ? [] : [missing('live-endpoint', 'the capture does not show the certificates')]
}

interface Asked {
  readonly rule: Rule
  readonly scene: Scene
  readonly judged: Judged
}

interface Placed {
  readonly draft: Draft
  readonly stage: Stage
  readonly scene: Scene
  readonly reached: boolean
}

function askRules(scene: Scene): Asked[] {
  return rules
    .filter(({ scope }) => scope !== 'target' || scene.leg.index === 0)
    .filter(({ needs }) => needs.every((need) => isThere(need, scene)))
    .map((rule) => ({ rule, scene, judged: rule.judge(scene) }))
}

/** What all rules found at one host, as the device's own library sees it. */
function settledDrafts(
  scene: Scene,
  asked: readonly Asked[],
): { draft: Draft; scene: Scene; stage: Stage }[] {
  const drafts = asked.filter((one) => one.scene === scene).flatMap(({ judged }) => judged.findings ?? [])
  return settle(scene, drafts).map((draft) => ({ draft, scene, stage: draft.stage ?? rows[draft.id].stage }))
}

/** By host, then by stage. What lies in a later stage than the first block, or at a later host, is not reached. */
function placeInTime(asked: readonly Asked[], scenes: readonly Scene[]): Placed[] {
  const all = scenes.flatMap((scene) => settledDrafts(scene, asked))
  const when = ({ scene, stage }: { scene: Scene; stage: Stage }) =>
    scene.leg.index * stages.length + stages.indexOf(stage)
  const stop = Math.min(...all.filter(({ draft }) => draft.effect === 'blocks' && !draft.later).map(when))
  return all
    .map((one) => ({ ...one, reached: when(one) <= stop && !one.draft.later }))
    .sort((a, b) => when(a) - when(b))
}

function toFinding({ draft, stage, scene, reached }: Placed, { device, observation }: JudgeInput): Finding {
  const { id, effect, details, limit, fixes } = draft
  const shows = effect === 'blocks' || effect === 'unknown'
  const finding: FindingOf<FindingId> = {
    id,
    cause: draft.cause ?? rows[id].cause,
    effect,
    stage,
    details,
    limit: limit && cite(limit),
    deviceWords: shows
      ? wordsOf(device, id, { ...details, host: scene.leg.host }, draft.failure, numberOf(draft, scene))
      : undefined,
    fixes: endingAtAnchor(scene, fixesOrLast(id, effect, fixes), mostBitsOf(draft)),
    reached,
    ...(scene.leg.host === observation.target.host ? {} : { host: scene.leg.host }),
  }
  // Details belong to the id: `draft()` checked it, and TypeScript cannot carry it through the union.
  return finding as unknown as Finding
}

/** Where large RSA keys are the trouble, a root with one would be the next. */
function mostBitsOf({ id, details }: Draft): number | undefined {
  if (id === 'rsa-key-too-large') return details.limitBits
  return id === 'rsa-key-unproved' ? details.keyBits - 1 : undefined
}

/** Failures that the library meets as an end of the connection. */
const ends: ReadonlySet<FailureKind> = new Set([
  'hello-refused',
  'handshake-alert',
  'handshake-closed',
  'closed-after-handshake',
  'not-tls',
])

/** The number that the device's own library has for it. */
function numberOf({ id, failure, number }: Draft, { stack, leg }: Scene): LibraryNumber | undefined {
  if (number !== undefined) return number
  const kind = failure ?? rows[id].failure
  if (stack === undefined || kind === undefined || kind === 'none' || !ends.has(kind)) return undefined
  const code = codeOfEnd(stack, leg.first)
  return code === undefined ? undefined : { code }
}

const effectOrder: readonly Effect[] = ['blocks', 'unknown', 'risks', 'info']

function byStage(a: Finding, b: Finding): number {
  return (
    stages.indexOf(a.stage) - stages.indexOf(b.stage) ||
    Number(b.reached) - Number(a.reached) ||
    effectOrder.indexOf(a.effect) - effectOrder.indexOf(b.effect)
  )
}

function stateOf(effects: readonly Effect[]): State {
  if (effects.includes('blocks')) return 'blocked'
  if (effects.includes('unknown')) return 'undecided'
  return effects.includes('risks') ? 'at-risk' : 'fits'
}

/** Undecided leans where every open question leans, and all of them the same way. */
function leaningOf(drafts: readonly Draft[]): Verdict['leans'] {
  if (drafts.some(({ effect }) => effect === 'blocks')) return undefined
  const open = drafts.filter(({ effect }) => effect === 'unknown')
  const [first] = open
  return first !== undefined && open.every(({ leans }) => leans === first.leans) ? first.leans : undefined
}

function stageVerdicts(
  asked: readonly Asked[],
  placed: readonly Placed[],
  seen: ReadonlySet<Stage>,
): StageVerdict[] {
  return stages.map((stage) => {
    const effects = placed.filter((one) => one.stage === stage).map(({ draft: { effect } }) => effect)
    const told = effects.some((effect) => effect !== 'info')
    if (!seen.has(stage) && !told) return { stage, state: 'not-seen', basis: 'not-seen' }
    const bases = asked.filter(({ rule }) => rule.stage === stage).map(({ judged: { basis } }) => basis)
    const basis =
      (['not-seen', 'assumed', 'witnessed'] as const).find((one) => bases.includes(one)) ?? 'judged'
    if (basis === 'not-seen' && !told) return { stage, state: 'not-seen', basis }
    return { stage, state: stateOf(effects), basis: basis === 'not-seen' ? 'judged' : basis }
  })
}
