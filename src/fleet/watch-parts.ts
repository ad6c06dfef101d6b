import type { RowFault } from '../plan/row-faults.ts'
import { builtInDefaults, thresholdsOf } from './endpoint-defaults.ts'
import type {
  Channel,
  ClockRule,
  MaintenanceWindow,
  Retention,
  RoomThreshold,
  SecretReference,
  ThresholdParts,
  Thresholds,
  Transparency,
  WatchedViews,
} from './watch-config.ts'
import {
  type ChannelRow,
  type FleetRow,
  type MaintenanceRow,
  type ReferenceRow,
  type ThresholdRow,
  type WatchFile,
  weekdays,
} from './watch-schema.ts'

/** Where nobody says anything. */
export const defaultThresholds: Thresholds = thresholdsOf(builtInDefaults)

export function thresholdPartsOf(row: ThresholdRow): ThresholdParts {
  return { room: roomOf(row.room), shrink: roomOf(row.shrink), expiryDays: row['expiry-days'] }
}

function roomOf(row: ThresholdRow['room']): RoomThreshold | undefined {
  return row && { percent: row.percent, bytes: row.bytes }
}

/** A path alone is that of a file. The schema has seen to it that one of them is there. */
export function referenceOf(row: ReferenceRow | string): SecretReference {
  if (typeof row === 'string') return { file: row }
  const { credential, env, file } = row
  if (credential !== undefined) return { credential }
  return env !== undefined ? { env } : { file: file ?? '' }
}

export function clockOf(row: FleetRow['clock']): ClockRule {
  if (row === 'right') return { kind: 'right' }
  const { behind, ahead, 'stands-at': at } = row
  if (at !== undefined) return { kind: 'stands', at }
  return { kind: 'off', seconds: behind === undefined ? (ahead ?? 0) : -behind }
}

/** What a device of the fleet takes for now. */
export function fleetNow(clock: ClockRule, now: Date): Date {
  switch (clock.kind) {
    case 'right':
      return now
    case 'off':
      return new Date(now.getTime() + clock.seconds * 1_000)
    case 'stands':
      return new Date(clock.at)
  }
}

export function channelOf(row: ChannelRow): Channel {
  const { id, name, from, endpoints, fleets } = row
  const parts = { id, name: name ?? id, from, endpoints, fleets }
  switch (row.kind) {
    case 'webhook': {
      const url = typeof row.url === 'string' ? row.url : referenceOf(row.url)
      return { ...parts, kind: row.kind, url, key: row.key && referenceOf(row.key) }
    }
    case 'email': {
      const { server, sender, to, user, password } = row
      return {
        ...parts,
        kind: row.kind,
        server,
        sender,
        to,
        user,
        password: password && referenceOf(password),
      }
    }
    case 'slack':
    case 'teams':
    case 'discord':
      return { ...parts, kind: row.kind, url: referenceOf(row.url) }
    case 'alertmanager':
    case 'ntfy':
      return { ...parts, kind: row.kind, url: row.url, token: row.token && referenceOf(row.token) }
    case 'telegram':
      return { ...parts, kind: row.kind, token: referenceOf(row.token), chat: row.chat }
    case 'pagerduty':
      return { ...parts, kind: row.kind, key: referenceOf(row.key) }
  }
}

export function maintenanceOf(row: MaintenanceRow): {
  readonly window?: MaintenanceWindow
  readonly fault?: RowFault
} {
  const { id, reason, endpoints, fleets, from, to, weekly } = row
  const parts = { id, reason, endpoints, fleets }
  if (weekly !== undefined) {
    if (from !== undefined || to !== undefined) {
      return { fault: { what: 'has weekly beside from and to', mend: 'keep one of them' } }
    }
    const [hours = 0, minutes = 0] = weekly.at.split(':').map(Number)
    const day = weekdays.indexOf(weekly.day)
    return { window: { ...parts, kind: 'weekly', day, minute: hours * 60 + minutes, seconds: weekly.for } }
  }
  if (from === undefined || to === undefined) {
    const mend = 'write from: and to:, or weekly: { day: sunday, at: "02:00", for: 2h }'
    return { fault: { what: 'does not say when', mend } }
  }
  if (to <= from) return { fault: { what: 'ends before it begins', mend: 'write to: behind from:' } }
  return { window: { ...parts, kind: 'once', from, to } }
}

const DAY = 86_400

export function retentionOf(row: WatchFile['retention']): Retention {
  return {
    probesDays: Math.round((row.probes ?? 90 * DAY) / DAY),
    historyDays: Math.round((row.history ?? 730 * DAY) / DAY),
    alertsDays: Math.round((row.alerts ?? 730 * DAY) / DAY),
  }
}

export function viewsOf({ gateways, measurements }: WatchFile['views']): WatchedViews {
  return {
    gateways: gateways.map(({ id, name, url }) => ({ id, name: name ?? id, url })),
    measurements: measurements.map(({ id, name, folder }) => ({ id, name: name ?? id, folder })),
  }
}

export function transparencyOf(row: WatchFile['transparency']): Transparency | undefined {
  if (row === undefined) return undefined
  const { file, url = '', every: everySeconds } = row
  return file === undefined ? { url, everySeconds } : { file, everySeconds }
}
