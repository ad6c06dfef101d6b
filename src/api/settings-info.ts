import type { SecretReference } from '../fleet/watch-config.ts'
import type { Database } from '../store/database.ts'
import { listTokens, type TokenRow } from '../store/rows/access-rows.ts'
import { readChannels, type StoredChannel } from '../store/rows/channels.ts'
import { readEndpoints } from '../store/rows/endpoints.ts'
import { readFleets, type StoredFleet } from '../store/rows/fleets.ts'
import { readDefaultPlaces, readScheduleDefaults } from '../store/rows/settings.ts'
import { readComingSilences, type SilenceRow } from '../store/rows/silence-acts.ts'
import { readWorkers } from '../store/rows/workers.ts'
import type { ChannelInfo, Settings, SilenceInfo, TokenInfo } from './contract.ts'
import { defaultsInfo } from './defaults-edit.ts'
import { endpointInfo } from './endpoint-page.ts'
import { scheduleInfo } from './schedule-edit.ts'

/** A worker gives a sign of life every few seconds; one that has not for so long is gone. */
const WORKER_SILENT_MS = 5 * 60_000

/** `tokens`: whether who asks may know of them. */
export async function settingsInfo(database: Database, now: Date, tokens: boolean): Promise<Settings> {
  const since = new Date(now.getTime() - WORKER_SILENT_MS)
  const [defaults, schedule, endpoints, fleets, channels, silences, listed, workers] = await Promise.all([
    readDefaultPlaces(database),
    readScheduleDefaults(database),
    readEndpoints(database),
    readFleets(database),
    readChannels(database),
    readComingSilences(database, now),
    tokens ? listTokens(database) : [],
    readWorkers(database, since),
  ])
  return {
    defaults: defaultsInfo(defaults),
    schedule: scheduleInfo(schedule),
    endpoints: endpoints.map(endpointInfo),
    fleets: fleets.map(fleetInfo),
    channels: channels.map(channelInfo),
    silences: silences.map(silenceInfo),
    tokens: listed.map(tokenInfo),
    workers: workers.map(({ id, vantage, version, seenAt, probes }) => {
      return { id, vantage, version, seenAt: seenAt.toISOString(), probes }
    }),
    store: { kind: database.kind, place: database.place },
  }
}

export function fleetInfo(fleet: StoredFleet): Settings['fleets'][number] {
  const { id, name, device, count, origin, verify, held, heldOfLab } = fleet
  const anchors =
    held === undefined && heldOfLab === undefined ? undefined : (held?.length ?? 0) + (heldOfLab?.length ?? 0)
  return { id, name, device, count, origin, verify, anchors }
}

/** Where it tells, without what lets anybody tell there. */
export function channelInfo(channel: StoredChannel): ChannelInfo {
  const { id, kind, name, origin, from, endpoints, fleets } = channel
  const where = channel.where ?? whereOf(channel)
  const made = origin === 'api' ? madeOf(channel) : undefined
  return { id, kind, name, origin, from, where, endpoints, fleets, made }
}

/** Strings of one of the API are no secret: its secrets are references. */
function madeOf(channel: StoredChannel): ChannelInfo['made'] {
  const sealed = Object.entries(channel).flatMap(([name, value]) => (isReference(value) ? [name] : []))
  switch (channel.kind) {
    case 'email': {
      const { server, sender, to, user } = channel
      return { server, sender, to, user, sealed }
    }
    case 'telegram':
      return { chat: channel.chat, sealed }
    case 'alertmanager':
      return { url: channel.url, sealed }
    default:
      return { sealed }
  }
}

function isReference(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'credential' in value
}

function whereOf(channel: StoredChannel): string {
  switch (channel.kind) {
    case 'email':
      return channel.to.join(', ')
    case 'telegram':
      return `chat ${channel.chat}`
    case 'pagerduty':
      return `key from ${placeOf(channel.key)}`
    default:
      return typeof channel.url === 'string' ? hostOf(channel.url) : `URL from ${placeOf(channel.url)}`
  }
}

function placeOf(reference: SecretReference): string {
  if ('env' in reference) return reference.env
  return 'file' in reference ? 'a file' : `credential ${reference.credential}`
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an address that cannot be read'
}

export function silenceInfo(row: SilenceRow): SilenceInfo {
  return {
    id: row.id,
    kind: row.kind,
    endpointId: row.endpoint_id ?? undefined,
    fleetId: row.fleet_id ?? undefined,
    cause: row.cause ?? undefined,
    startsAt: row.starts_at.toISOString(),
    endsAt: row.ends_at.toISOString(),
    reason: row.reason,
  }
}

export function tokenInfo(row: TokenRow): TokenInfo {
  return {
    id: row.id,
    name: row.name,
    scope: row.scope,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString(),
  }
}
