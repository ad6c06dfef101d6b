import * as v from 'valibot'
import type { DefaultsEdit, EndpointEdit, FleetEdit, ScheduleEdit } from '../contract.ts'
import { idSchema, instantSchema, nameSchema } from './request-parts.ts'

/** An hour's worth at least of politeness: a minute. */
const EVERY_LEAST = 60
const EVERY_MOST = 30 * 86_400
const ids = v.pipe(v.array(idSchema), v.maxLength(1_000, 'there are more than 1,000'))

const span = v.pipe(
  v.number(),
  v.integer('is not whole'),
  v.minValue(EVERY_LEAST, `is less than ${EVERY_LEAST}`),
  v.maxValue(EVERY_MOST, `is more than ${EVERY_MOST}`),
)

export const endpointEditSchema = v.strictObject({
  name: v.optional(nameSchema),
  target: v.pipe(v.string(), v.minLength(1, 'the target is empty'), v.maxLength(2_000, 'is too long')),
  everySeconds: v.optional(v.nullable(span)),
  thoroughSeconds: v.optional(v.nullable(span)),
  fleets: v.optional(ids),
  vantages: v.optional(ids),
  sni: v.optional(v.pipe(v.string(), v.maxLength(255))),
  connect: v.optional(v.pipe(v.string(), v.maxLength(300))),
})
endpointEditSchema satisfies v.GenericSchema<unknown, EndpointEdit>

export const scheduleEditSchema = v.strictObject({
  everySeconds: v.optional(v.nullable(span)),
  thoroughSeconds: v.optional(v.nullable(span)),
})
scheduleEditSchema satisfies v.GenericSchema<unknown, ScheduleEdit>

const whole = (least: number, most: number) =>
  v.nullable(
    v.pipe(
      v.number(),
      v.integer('is not whole'),
      v.minValue(least, `is less than ${least}`),
      v.maxValue(most, `is more than ${most}`),
    ),
  )
const room = v.nullable(
  v.pipe(
    v.strictObject({
      percent: v.optional(
        v.pipe(v.number(), v.minValue(0, 'is less than 0'), v.maxValue(100, 'is more than 100')),
      ),
      bytes: v.optional(v.pipe(v.number(), v.integer('is not whole'), v.minValue(0, 'is less than 0'))),
    }),
    v.check(
      ({ percent, bytes }) => percent !== undefined || bytes !== undefined,
      'says neither percent nor bytes',
    ),
  ),
)

/** The bounds of `watch.yaml`. */
export const defaultsEditSchema = v.strictObject({
  timeoutSeconds: v.optional(whole(1, 86_400)),
  retryCount: v.optional(whole(0, 20)),
  retryAfterSeconds: v.optional(whole(1, 86_400)),
  ...{ room: v.optional(room), shrink: v.optional(room) },
  leafDays: v.optional(whole(0, 3_650)),
  intermediateDays: v.optional(whole(0, 3_650)),
  rootDays: v.optional(whole(0, 10_950)),
  anchorDays: v.optional(whole(0, 10_950)),
})
defaultsEditSchema satisfies v.GenericSchema<unknown, DefaultsEdit>

const PEM_CHARACTERS = 1_000_000

export const fleetEditSchema = v.strictObject({
  id: v.optional(idSchema),
  name: v.optional(nameSchema),
  device: v.pipe(v.string(), v.minLength(1, 'the device is empty'), v.maxLength(200, 'is too long')),
  count: v.pipe(v.number(), v.integer('is not whole'), v.minValue(0, 'is less than 0'), v.maxValue(1e12)),
  anchorsPem: v.optional(v.pipe(v.string(), v.maxLength(PEM_CHARACTERS, 'is too long'))),
  verify: v.optional(v.picklist(['full', 'no-name', 'none'])),
})
fleetEditSchema satisfies v.GenericSchema<unknown, FleetEdit>

export const silenceSchema = v.strictObject({
  kind: v.picklist(['mute', 'maintenance']),
  endpointId: v.optional(idSchema),
  fleetId: v.optional(idSchema),
  cause: v.optional(v.pipe(v.string(), v.maxLength(500))),
  startsAt: v.optional(instantSchema),
  endsAt: instantSchema,
  reason: v.pipe(v.string(), v.trim(), v.maxLength(500, 'is longer than 500 characters')),
})

export const tokenSchema = v.strictObject({
  name: nameSchema,
  scope: v.picklist(['read', 'write', 'admin']),
  days: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3_650))),
})
