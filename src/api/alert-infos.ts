import { changeWords } from '../report/alert-change-words.ts'
import { conditionText } from '../report/alert-words.ts'
import type { Queries } from '../store/database.ts'
import { readDeliveries, readNames } from '../store/rows/alert-acts.ts'
import type { StoredAlert } from '../store/rows/alerts.ts'
import type { StoredChange } from '../store/rows/changes.ts'
import type { AlertInfo, ChangeInfo } from './contract.ts'

/** Alerts as the page has them: in words, with what was told of them. */
export async function alertInfos(queries: Queries, alerts: readonly StoredAlert[]): Promise<AlertInfo[]> {
  const [deliveries, endpoints, fleets] = await Promise.all([
    readDeliveries(
      queries,
      alerts.map(({ id }) => id),
    ),
    readNames(queries, 'endpoint', [...new Set(alerts.map(({ endpointId }) => endpointId))]),
    readNames(queries, 'fleet', [...new Set(alerts.flatMap(({ condition }) => condition.fleetIds))]),
  ])
  const names = {
    endpoint: (id: string) => endpoints.get(id) ?? id,
    fleet: (id: string) => fleets.get(id) ?? id,
  }
  return alerts.map((alert) => {
    const { condition, endpointId } = alert
    const { title, lines } = conditionText(condition, names)
    return {
      id: Number(alert.id),
      kind: condition.kind,
      severity: condition.severity,
      endpointId,
      endpointName: names.endpoint(endpointId),
      condition,
      title,
      text: lines.join('\n'),
      raisedAt: alert.raisedAt,
      updatedAt: alert.updatedAt,
      recoveredAt: alert.recoveredAt,
      acknowledgedAt: alert.acknowledgedAt,
      acknowledgedBy: alert.acknowledgedBy,
      mutedUntil: alert.mutedUntil,
      deliveries: deliveries
        .filter((one) => one.alert_id === Number(alert.id) && one.merged_into === null)
        .map((one) => ({
          channelId: one.channel_id,
          event: one.event,
          state: one.delivered_at !== null ? 'delivered' : one.given_up_at !== null ? 'given-up' : 'waiting',
          attempts: one.attempts,
          lastError: one.last_error ?? undefined,
        })),
    }
  })
}

export function changeInfo({ id, endpointId, vantage, at, change }: StoredChange): ChangeInfo {
  const { title, line } = changeWords(change)
  return { id, endpointId, vantage, at: at.toISOString(), change, title, text: line }
}
