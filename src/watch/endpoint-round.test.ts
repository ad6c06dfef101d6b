import { describe, expect, test } from 'vitest'
import type { VerdictSummary } from '../fleet/verdict-summary.ts'
import { defaultThresholds, retentionOf } from '../fleet/watch-parts.ts'
import type { StoredEndpoint } from '../store/rows/endpoints.ts'
import { packSighting } from '../store/rows/sightings.ts'
import type { Standing } from '../store/rows/standings.ts'
import type { StoredVerdict } from '../store/rows/verdicts.ts'
import { EndpointRound } from './endpoint-round.ts'
import type { ProbeDone } from './probe-job.ts'
import type { WatchView } from './watch-view.ts'

const begin = new Date('2026-12-01T00:00:00Z')
const later = new Date('2026-12-01T01:00:00Z')

const endpoint: StoredEndpoint = {
  ...{ id: 'fota', name: 'Firmware', target: 'https://fota.test/', headers: [], origin: 'file' },
  ...{
    everySeconds: 3_600,
    thoroughSeconds: 86_400,
    timeoutSeconds: 10,
    own: {},
    vantages: ['local'],
    thresholds: defaultThresholds,
    dueAt: begin,
  },
}

const view: WatchView = {
  settings: { retries: { count: 2, afterSeconds: 20 }, maintenance: [], retention: retentionOf({}) },
  fleets: ['meters', 'gates'].map((id) => ({
    ...{ id, name: id, device: 'nrf9160@1.3.7', count: 10, verify: 'full', clock: { kind: 'right' } },
    origin: 'file',
  })),
  channels: [],
} as never

const blocked: VerdictSummary = {
  ...{ state: 'blocked', stage: 'chain', addresses: 1, margins: [], findings: [], missing: [], chains: [] },
}

function done(attempt: number, fleetIds: readonly string[], isDoubtful: boolean): ProbeDone {
  const snapshot = { at: later.toISOString(), addresses: ['192.0.2.1'], views: [], chains: [] }
  const summaries = new Map(fleetIds.map((id) => [id, blocked]))
  const sight = { snapshot, sighting: packSighting([]), isDoubtful, summaries }
  return {
    jobId: '1',
    job: { endpointId: 'fota', vantage: 'local', slot: later.toISOString(), attempt },
    found: { startedAt: later, durationMs: 5, traffic: { connections: 9, bytesReceived: 9 }, sight },
  }
}

function round(verdicts: readonly string[] = []): { round: EndpointRound; known: StoredVerdict[] } {
  const standing: Standing = {
    endpointId: 'fota',
    vantage: 'local',
    slot: begin,
    reachedSlot: begin,
    attempts: 1,
  }
  const known = verdicts.map((fleetId) => ({
    ...{ endpointId: 'fota', vantage: 'local', fleetId, summary: blocked, since: begin },
  }))
  return { round: new EndpointRound(endpoint, [standing], view, later), known }
}

describe('a doubtful round', () => {
  test('is made again before anything of it is told, as often as the config says', () => {
    const { round: one } = round()
    expect(one.retryOf(done(1, ['meters'], true))).toMatchObject({ attempt: 2 })
    expect(one.retryOf(done(2, ['meters'], true))).toMatchObject({ attempt: 3 })
    expect(one.retryOf(done(3, ['meters'], true))).toBeUndefined()
    expect(one.retryOf(done(1, ['meters'], false))).toBeUndefined()
  })
})

test('what stops a fleet is not over because nothing was seen for it', () => {
  const { round: one, known } = round(['meters', 'gates'])
  one.take(done(3, ['gates'], false))
  expect(one.needsVerdicts).toBe(true)
  one.judge(known)
  const [told] = one.alertSteps([], new Set(), [])
  expect(told?.step.condition).toMatchObject({ kind: 'blocked', fleetIds: ['meters', 'gates'] })
})
