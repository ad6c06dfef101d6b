import { createHash } from 'node:crypto'
import type { ConditionKind, Severity } from '../../fleet/condition.ts'
import type { DeliveryBody } from '../../fleet/delivery-body.ts'

/** What a channel is given to tell. Names are as written by whoever wrote them: each format escapes them. */
export interface AlertMessage
  extends Pick<DeliveryBody, 'at' | 'raisedAt' | 'endpoint' | 'fleets' | 'title' | 'lines'> {
  /** The same for each try of one delivery, and no other's: a receiver drops what it has. Letters, digits, `_`. */
  readonly id: string
  /** The same for all that is told of one alert. Of the same characters. */
  readonly alertKey: string
  /** `raise` for the first that gets through. */
  readonly act: DeliveryBody['act'] | 'test'
  /** Of a recovery: what it recovers from had not got through. */
  readonly untold: boolean
  readonly kind: ConditionKind | 'test'
  readonly severity: Severity
  /** Other severities that the alert was told with before. */
  readonly severitiesBefore: readonly Severity[]
  readonly cause: string
  readonly once: boolean
  readonly deviceCount: number
  readonly vantages: readonly string[]
  /** `detail` of the `Condition`. */
  readonly detail: object | undefined
  /** Of the dashboard's page, where it has an address. */
  readonly link: string | undefined
}

/** A delivery, as far as it says which one it is. */
export interface DeliveryIdentity {
  readonly body: DeliveryBody
  readonly event: string
  readonly channelId: string
}

/**
 * Of what happened, not of row numbers: a store that is made anew counts from 1 again, and a receiver would take its first
 * alert for one that it has.
 */
export function deliveryId({ body, event, channelId }: DeliveryIdentity): string {
  return `delivery_${digest([alertKey(body), event, channelId])}`
}

export function alertKey(body: DeliveryBody): string {
  return `alert_${digest([body.endpoint.id, body.condition.cause, body.raisedAt])}`
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

export interface MessageState {
  /** Whether anything of this alert got through to this channel. */
  readonly told: boolean
  readonly severitiesBefore: readonly Severity[]
  readonly link: string | undefined
}

export function alertMessage(delivery: DeliveryIdentity, state: MessageState): AlertMessage {
  const { body } = delivery
  const { condition } = body
  const recovers = body.act === 'recover'
  return {
    id: deliveryId(delivery),
    alertKey: alertKey(body),
    act: recovers || state.told ? body.act : 'raise',
    untold: recovers && !state.told,
    at: body.at,
    raisedAt: body.raisedAt,
    kind: condition.kind,
    severity: condition.severity,
    severitiesBefore: state.severitiesBefore,
    cause: condition.cause,
    once: condition.once,
    endpoint: body.endpoint,
    fleets: body.fleets,
    deviceCount: condition.deviceCount,
    vantages: condition.vantages,
    detail: condition.detail,
    title: body.title,
    lines: body.lines,
    link: state.link,
  }
}

/** Of the test button. Nothing is wrong, and it says so. `nonce`: another for each test. */
export function testMessage(
  channel: { readonly id: string; readonly name: string },
  now: Date,
  nonce: string,
  link?: string,
): AlertMessage {
  const at = now.toISOString()
  return {
    id: `test_${digest([channel.id, at, nonce])}`,
    alertKey: `test_${digest([channel.id, at, nonce])}`,
    act: 'test',
    untold: false,
    at,
    raisedAt: at,
    kind: 'test',
    severity: 'info',
    severitiesBefore: [],
    cause: 'test',
    once: true,
    endpoint: { id: 'test', name: 'test', target: 'https://test.invalid/' },
    fleets: [],
    deviceCount: 0,
    vantages: [],
    detail: undefined,
    title: `tlsfit reaches the channel ${channel.name}`,
    lines: ['This is a test. Nothing is wrong, and nothing is to be done.'],
    link,
  }
}
