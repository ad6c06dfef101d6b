import type { Condition } from '../../src/fleet/condition.ts'
import type { DeliveryBody } from '../../src/fleet/delivery-body.ts'
import type { AlertMessage } from '../../src/watch/channels/alert-message.ts'

export const raisedAt = '2026-11-21T12:00:00.000Z'
export const recoveredAt = '2026-11-21T14:05:00.000Z'

export function unreachable(change: Partial<Condition> = {}): Condition {
  return {
    kind: 'unreachable',
    cause: 'unreachable',
    endpointId: 'ota',
    severity: 'critical',
    fleetIds: ['trackers'],
    deviceCount: 38_000,
    vantages: ['local'],
    once: false,
    detail: { since: raisedAt, attempts: 3, failure: 'ECONNREFUSED', reachedFrom: [] },
    ...change,
  } as Condition
}

export function deliveryBody(change: Partial<DeliveryBody> = {}): DeliveryBody {
  return {
    act: 'raise',
    at: raisedAt,
    raisedAt,
    endpoint: { id: 'ota', name: 'fw.example.com', target: 'https://fw.example.com/fw.bin' },
    fleets: [{ id: 'trackers', name: 'Trackers', device: 'nrf9160', count: 38_000 }],
    condition: unreachable(),
    title: '38,000 devices cannot reach fw.example.com',
    lines: ['It refused the last 3 attempts.'],
    ...change,
  }
}

export function alertMessageOf(change: Partial<AlertMessage> = {}): AlertMessage {
  const { condition, ...body } = deliveryBody()
  return {
    id: 'delivery_1',
    alertKey: 'alert_1',
    untold: false,
    kind: condition.kind,
    severity: condition.severity,
    severitiesBefore: [],
    cause: condition.cause,
    once: condition.once,
    deviceCount: condition.deviceCount,
    vantages: condition.vantages,
    detail: condition.detail,
    link: 'https://fit.example.com/#/endpoints/ota',
    ...body,
    ...change,
  }
}
