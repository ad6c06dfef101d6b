import type { Effect, FixSuggested } from '../finding/finding.ts'
import type { Connection, HttpResponseSeen, RecordRun } from '../observe/observation.ts'
import { enlargeBuffer, keepsTls, MAX_RECORD_BYTES } from './fixes.ts'
import { compareWithDevice, exactly, figuresOf } from './limits.ts'
import { lowestFigure, marginsOf, nearFigure } from './margins.ts'
import { missing } from './missing.ts'
import { recommendRange } from './range-size.ts'
import { findGrowth, responsesOf } from './record-growth.ts'
import { type Draft, type DraftExtras, draft, fix, type Judged, type Rule } from './rule.ts'
import type { Scene } from './scene.ts'

/** records: the application data records in the order the device would read them. */
export const recordRules: readonly Rule[] = [
  { stage: 'records', needs: ['records'], judge: judgeSizes },
  { stage: 'records', needs: ['response'], judge: (scene) => ({ findings: judgeUnseen(scene) }) },
]

function judgeSizes(scene: Scene): Judged {
  const { device, leg } = scene
  const limit = device.limits.recordBytes
  const largest = Math.max(
    ...leg.connections.flatMap(({ records }) => records.map((run) => run.plaintextBytes)),
  )
  const demand = { record: exactly(largest) }
  const findings: Draft[] = []
  const range = recommendRange(scene)
  const first = firstOver(scene, largest)
  if (first !== undefined) findings.push(first)
  findings.push(...judgeGrowth(scene))
  if (range !== undefined)
    findings.push(draft('range-size', 'info', range.details, { limit, fixes: range.fixes }))
  if (first === undefined) findings.push(...judgeNear(scene, largest))
  const unknown = compareWithDevice(device, 'recordBytes', demand).outcome === 'none'
  const why = missing('measured-limit', 'no source says how large a record this device takes', 'recordBytes')
  return {
    ...{ findings, margins: marginsOf('recordBytes', limit, demand) },
    ...(unknown ? { missing: [why], basis: 'assumed' as const } : {}),
  }
}

/** The first record over the limit, else the first between two readings of it. Its cures have to hold for the largest. */
function firstOver(scene: Scene, largest: number): Draft | undefined {
  const { device, leg } = scene
  const limit = device.limits.recordBytes
  let open: Draft | undefined
  for (const connection of leg.connections) {
    for (const run of connection.records) {
      const recordBytes = run.plaintextBytes
      const { outcome, low, high } = compareWithDevice(device, 'recordBytes', {
        record: exactly(recordBytes),
      })
      const extras: DraftExtras = { limit, fixes: fixesOf(scene, largest) }
      if (outcome === 'over') {
        const details = {
          recordBytes,
          limitBytes: high ?? lowestFigure(limit) ?? recordBytes,
          offset: run.offset,
          rangeBytes: rangeAt(connection, run),
          largestBytes: largest > recordBytes ? largest : undefined,
        }
        return draft('record-too-large', overEffect(scene, connection, run), details, extras)
      }
      if (outcome === 'open' && open === undefined) {
        const details = {
          recordBytes,
          lowBytes: low ?? 0,
          highBytes: high ?? recordBytes,
          offset: run.offset,
        }
        open = draft('record-size-undecided', openEffect(scene, connection, run), details, extras)
      }
    }
  }
  return open
}

/**
 * `shrinks`: the client asks for less and goes on, if that helps. `reconnects`: it goes on where it
 * stopped, so a record that is only reached after others fit costs a connection each time; one that comes first
 * is met again for ever.
 */
function overEffect(scene: Scene, connection: Connection, run: RecordRun): Effect {
  if (asksForNothing(scene)) return 'risks'
  const reaction = scene.device.http?.onRecordTooLarge?.value
  if (reaction === 'shrinks') return shrinkingHelps(scene, connection, run) ? 'risks' : 'blocks'
  if (reaction === 'reconnects') {
    const bodyAt =
      connection.exchanges.find(({ response }) => response !== undefined)?.response?.bodyOffset ?? 0
    return run.offset > bodyAt ? 'risks' : 'blocks'
  }
  return 'blocks'
}

/** Under one reading of the limit it passes, under the other a client that shrinks by itself goes on all the same. */
function openEffect(scene: Scene, connection: Connection, run: RecordRun): Effect {
  if (asksForNothing(scene)) return 'risks'
  const shrinks = scene.device.http?.onRecordTooLarge?.value === 'shrinks'
  return shrinks && shrinkingHelps(scene, connection, run) ? 'risks' : 'unknown'
}

/** The server honours ranges, and what the record holds of a head fits by itself: a range bounds the body only. */
function shrinkingHelps({ device }: Scene, connection: Connection, run: RecordRun): boolean {
  const headBytes = Math.max(
    0,
    ...responsesOf([connection]).flatMap(({ headOffset, bodyOffset }) => {
      const first = Math.max(0, Math.floor((headOffset - run.offset) / run.plaintextBytes))
      return [first, first + 1]
        .filter((at) => at < run.count)
        .map((at) => run.offset + at * run.plaintextBytes)
        .map((at) => Math.min(at + run.plaintextBytes, bodyOffset) - Math.max(at, headOffset))
    }),
  )
  const { outcome } = compareWithDevice(device, 'recordBytes', { record: exactly(headBytes) })
  const honoursRange = connection.exchanges.some(({ response }) => response?.status === 206)
  return honoursRange && outcome !== 'over' && outcome !== 'open'
}

/** The bare root of a host is asked for to see whether TLS works, not as what the device downloads. */
export function asksForNothing({ observation }: Scene): boolean {
  return observation.target.protocol === 'https' && (observation.target.path ?? '/') === '/'
}

function judgeNear(scene: Scene, largest: number): Draft[] {
  const { device } = scene
  const limit = device.limits.recordBytes
  const figure = lowestFigure(limit)
  const { outcome } = compareWithDevice(device, 'recordBytes', { record: exactly(largest) })
  // At the protocol's own maximum nothing can grow any more.
  if (outcome !== 'near' || figure === undefined || figure >= MAX_RECORD_BYTES) return []
  const details = nearFigure('recordBytes', limit, largest, figure)
  return [draft('limit-near', 'risks', details, { limit, stage: 'records', fixes: [capRecords(scene)] })]
}

/** Named with its offset; a risk where it takes the records over the device's limit. */
function judgeGrowth(scene: Scene): Draft[] {
  const { device, leg } = scene
  for (const connection of leg.connections) {
    for (const growth of findGrowth(connection)) {
      const { outcome } = compareWithDevice(device, 'recordBytes', { record: exactly(growth.toBytes) })
      const effect = outcome === 'over' || outcome === 'open' ? 'risks' : 'info'
      const fixes = effect === 'risks' ? [capRecords(scene)] : []
      return [draft('record-growth', effect, growth, { limit: device.limits.recordBytes, fixes })]
    }
  }
  return []
}

function fixesOf(scene: Scene, largest: number): FixSuggested[] {
  const advice = recommendRange(scene)
  const asked = scene.device.http?.rangeBytes?.value
  const smaller = advice !== undefined && typeof asked === 'number' && advice.details.rangeBytes < asked
  const buffered = figuresOf(scene.device.limits.handshakeMessageBytes).length > 0
  const larger = buffered ? enlargeBuffer(scene.device.limits.recordBytes, { recordBytes: largest }) : []
  const others = [capRecords(scene), fix('tls-on-application-core'), fix('other-module')]
  return [
    ...(needsRange(scene) ? [fix('serve-range')] : []),
    ...(smaller ? advice.fixes : []),
    ...larger,
    ...(larger.length > 0 ? others.filter(keepsTls) : others),
  ]
}

/** The device goes on with ranges alone, and the server ignores them: no other cure helps without this one. */
function needsRange({ device, leg }: Scene): boolean {
  const ignored = leg.connections.some(({ exchanges }) =>
    exchanges.some(({ request, response }) => request.range !== undefined && response?.status === 200),
  )
  return ignored && device.http?.rangeSupport?.value === 'needed'
}

function capRecords({ device }: Scene): FixSuggested {
  const recordLimitBytes = lowestFigure(device.limits.recordBytes)
  return fix('cap-server-records', recordLimitBytes === undefined ? {} : { recordLimitBytes })
}

/** Size of the range that was being answered by that record. */
function rangeAt(connection: Connection, run: RecordRun): number | undefined {
  const end = run.offset + run.plaintextBytes
  const exchange = connection.exchanges.findLast(
    ({ response }) => response !== undefined && response.headOffset < end,
  )
  const range = exchange?.request.range
  return range === undefined ? undefined : range.last - range.first + 1
}

/** Bodies that were not read to their end: larger records may follow, unless ranges bound them. */
function judgeUnseen(scene: Scene): Draft[] {
  const { device, leg, observation } = scene
  const exchanges = leg.connections.flatMap((connection) => connection.exchanges)
  const responses = responsesOf(leg.connections)
  if (observation.withheld !== undefined && responses.length === 0) {
    return [draft('records-unseen', 'info', { why: 'withheld' })]
  }
  const cut = exchanges.some(({ error }) => error === 'byte-limit')
  const cutShort = cut || leg.connections.some(({ close }) => close?.how === 'byte-limit')
  if (cutShort) {
    const limit = device.limits.recordBytes
    const low = lowestFigure(limit)
    const bounded = low === undefined || low >= MAX_RECORD_BYTES || isBounded(responses, exchanges, low)
    const effect: Effect = bounded ? 'info' : 'unknown'
    return [draft('records-unseen', effect, { why: 'byte-limit' }, { limit, leans: 'fits' })]
  }
  const bodies = responses.some(({ bodyBytes }) => bodyBytes > 0)
  return responses.length > 0 && !bodies ? [draft('records-unseen', 'info', { why: 'no-body' })] : []
}

/** No record holds more than the head and the range asked for, so what was not read cannot be larger. */
function isBounded(
  responses: readonly HttpResponseSeen[],
  exchanges: Connection['exchanges'],
  low: number,
): boolean {
  const ranges = exchanges.map(({ request }) => request.range && request.range.last - request.range.first + 1)
  if (ranges.some((range) => range === undefined)) return false
  if (responses.length === 0 || responses.some(({ status }) => status !== 206)) return false
  const head = Math.max(...responses.map(({ headBytes }) => headBytes))
  return head + Math.max(...ranges.map((range) => range ?? 0)) <= low
}
