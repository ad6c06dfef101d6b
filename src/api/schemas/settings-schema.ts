import * as v from 'valibot'
import { severities } from '../../fleet/condition.ts'
import { defaultParts } from '../../fleet/endpoint-defaults.ts'
import { endpointInfoSchema } from './endpoint-schema.ts'
import { fleetHeadSchema } from './overview-schema.ts'

const text = v.string()
const maybe = v.optional(v.string())
const origin = v.picklist(['file', 'api'])

export const fleetInfoSchema = v.object({
  ...fleetHeadSchema.entries,
  origin,
  verify: v.picklist(['full', 'no-name', 'none']),
  anchors: v.optional(v.number()),
})

export const channelInfoSchema = v.object({
  id: text,
  kind: text,
  name: text,
  origin,
  from: v.picklist(severities),
  where: text,
  endpoints: v.optional(v.array(text)),
  fleets: v.optional(v.array(text)),
  made: v.optional(
    v.object({
      ...{
        server: maybe,
        sender: maybe,
        to: v.optional(v.array(text)),
        user: maybe,
        chat: maybe,
        url: maybe,
      },
      sealed: v.array(text),
    }),
  ),
})

export const silenceInfoSchema = v.object({
  id: v.number(),
  kind: v.picklist(['mute', 'maintenance']),
  endpointId: maybe,
  fleetId: maybe,
  cause: maybe,
  startsAt: text,
  endsAt: text,
  reason: text,
})

export const tokenInfoSchema = v.object({
  id: text,
  name: text,
  scope: v.picklist(['read', 'write', 'admin']),
  createdAt: text,
  expiresAt: maybe,
  lastUsedAt: maybe,
})

const scheduleOrigin = v.picklist(['file', 'api', 'built-in'])
const roomInfo = v.object({ percent: v.optional(v.number()), bytes: v.optional(v.number()) })

export const defaultsInfoSchema = v.object({
  ...{ timeoutSeconds: v.number(), retryCount: v.number(), retryAfterSeconds: v.number() },
  ...{ room: roomInfo, shrink: roomInfo },
  ...{ leafDays: v.number(), intermediateDays: v.number(), rootDays: v.number(), anchorDays: v.number() },
  origins: v.record(v.picklist(defaultParts), scheduleOrigin),
})

export const scheduleInfoSchema = v.object({
  everySeconds: v.number(),
  thoroughSeconds: v.number(),
  everyOrigin: scheduleOrigin,
  thoroughOrigin: scheduleOrigin,
})

export const settingsSchema = v.object({
  defaults: defaultsInfoSchema,
  schedule: scheduleInfoSchema,
  endpoints: v.array(endpointInfoSchema),
  fleets: v.array(fleetInfoSchema),
  channels: v.array(channelInfoSchema),
  silences: v.array(silenceInfoSchema),
  tokens: v.array(tokenInfoSchema),
  workers: v.array(v.object({ id: text, vantage: text, version: text, seenAt: text, probes: v.number() })),
  store: v.object({ kind: v.picklist(['embedded', 'postgres']), place: text }),
})

export const auditSchema = v.array(
  v.object({ id: v.number(), at: text, actor: text, action: text, subject: text, detail: v.unknown() }),
)
