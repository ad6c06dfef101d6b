import * as v from 'valibot'
import { stages } from '../../finding/stage.ts'
import { severities } from '../../fleet/condition.ts'
import type { Overview } from '../contract.ts'

export const states = ['fits', 'at-risk', 'blocked', 'undecided'] as const
export const stageSchema = v.picklist(stages)

export const fleetHeadSchema = v.object({
  id: v.string(),
  name: v.string(),
  device: v.string(),
  count: v.number(),
})

const cellSchema = v.object({
  s: v.picklist(['f', 'r', 'b', 'u']),
  r: v.optional(v.number()),
  l: v.optional(v.number()),
  n: v.optional(v.picklist(['bytes', 'bits', 'certificates', 'characters'])),
  g: v.optional(stageSchema),
})

export const overviewSchema = v.object({
  at: v.string(),
  fleets: v.array(fleetHeadSchema),
  rows: v.array(
    v.object({
      id: v.string(),
      name: v.string(),
      target: v.string(),
      room: v.optional(v.number()),
      lastProbe: v.optional(v.string()),
      lastChange: v.optional(v.string()),
      leafDays: v.optional(v.number()),
      cells: v.array(v.nullable(cellSchema)),
    }),
  ),
  total: v.number(),
  states: v.object({
    fits: v.number(),
    'at-risk': v.number(),
    blocked: v.number(),
    undecided: v.number(),
    unseen: v.number(),
  }),
  openAlerts: v.object(
    Object.fromEntries(severities.map((one) => [one, v.number()])) as Record<
      (typeof severities)[number],
      v.NumberSchema<undefined>
    >,
  ),
  blockedDevices: v.number(),
})

/** What is described is what is answered. */
overviewSchema satisfies v.GenericSchema<unknown, Overview>
