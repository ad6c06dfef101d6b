import * as v from 'valibot'
import { severities } from '../../fleet/condition.ts'
import { fleetHeadSchema, stageSchema, states } from './overview-schema.ts'

const text = v.string()
const maybe = v.optional(v.string())

export const endpointInfoSchema = v.object({
  id: text,
  name: text,
  target: text,
  everySeconds: v.number(),
  thoroughSeconds: v.number(),
  own: v.object({ every: v.boolean(), thorough: v.boolean() }),
  vantages: v.array(text),
  origin: v.picklist(['file', 'api']),
  dueAt: text,
  thresholds: v.looseObject({}),
  fleets: v.optional(v.array(text)),
  sni: maybe,
  connect: maybe,
})

/** `SnapshotChange` and `Condition` have many forms: their `kind` tells which. */
export const changeInfoSchema = v.object({
  id: v.number(),
  endpointId: text,
  vantage: text,
  at: text,
  change: v.looseObject({ key: text, kind: text }),
  title: text,
  text,
})

export const conditionSchema = v.looseObject({
  kind: text,
  cause: text,
  endpointId: text,
  severity: v.picklist(severities),
  fleetIds: v.array(text),
  deviceCount: v.number(),
  detail: v.looseObject({}),
})

export const alertInfoSchema = v.object({
  id: v.number(),
  kind: text,
  severity: v.picklist(severities),
  endpointId: text,
  endpointName: text,
  condition: conditionSchema,
  title: text,
  text,
  raisedAt: text,
  updatedAt: text,
  recoveredAt: maybe,
  acknowledgedAt: maybe,
  acknowledgedBy: maybe,
  mutedUntil: maybe,
  deliveries: v.array(
    v.object({
      channelId: text,
      event: text,
      state: v.picklist(['waiting', 'delivered', 'given-up']),
      attempts: v.number(),
      lastError: maybe,
    }),
  ),
})

const marginSchema = v.looseObject({
  limit: text,
  left: v.number(),
  limitValue: v.number(),
  room: v.number(),
})

const verdictSchema = v.looseObject({
  state: v.picklist(states),
  leans: v.optional(v.picklist(['fits', 'blocked'])),
  stage: v.optional(stageSchema),
  nearest: v.optional(marginSchema),
  room: v.optional(v.number()),
  margins: v.array(marginSchema),
  findings: v.array(v.looseObject({ id: text, effect: text, stage: stageSchema, sentence: text })),
})

/** Its `why` tells which form it has. */
export const loggedInfoSchema = v.object({
  certificate: v.looseObject({
    sha256: text,
    subject: text,
    issuer: text,
    key: text,
    bytes: v.number(),
    notBefore: text,
    notAfter: text,
    loggedAt: maybe,
    why: v.picklist(['precertificate', 'issuer-unknown']),
    missing: v.optional(v.object({ name: text, keyId: maybe })),
  }),
  title: text,
  text,
})

export const endpointPageSchema = v.object({
  endpoint: endpointInfoSchema,
  fleets: v.array(
    v.object({ ...fleetHeadSchema.entries, vantage: text, verdict: v.optional(verdictSchema), since: maybe }),
  ),
  standings: v.array(
    v.object({ vantage: text, reachedAt: maybe, thoroughAt: maybe, unreachedSince: maybe, failure: maybe }),
  ),
  snapshot: v.optional(
    v.looseObject({
      at: text,
      addresses: v.array(text),
      views: v.array(v.looseObject({ plan: text })),
      chains: v.array(v.looseObject({ digest: text, bytes: v.number(), messageBytes: v.number() })),
    }),
  ),
  alerts: v.array(alertInfoSchema),
  changes: v.array(changeInfoSchema),
  lastProbe: v.optional(
    v.object({
      slot: text,
      vantage: text,
      startedAt: text,
      durationMs: v.number(),
      connections: v.number(),
      bytesReceived: v.number(),
      attempts: v.number(),
      failure: maybe,
    }),
  ),
  logged: v.array(loggedInfoSchema),
})

export const endpointHistorySchema = v.object({
  series: v.array(
    v.object({
      vantage: text,
      of: v.picklist(['chain', 'certificate', 'handshake-record', 'data-record']),
      points: v.array(v.pipe(v.array(v.number()), v.length(2))),
    }),
  ),
  changes: v.array(changeInfoSchema),
  verdicts: v.array(
    v.object({
      at: text,
      fleetId: text,
      vantage: text,
      state: v.picklist(states),
      stage: v.optional(stageSchema),
    }),
  ),
})
