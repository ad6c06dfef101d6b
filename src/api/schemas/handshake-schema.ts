import * as v from 'valibot'
import type { EndpointHandshake } from '../contract.ts'
import { stageSchema } from './overview-schema.ts'

const arrow = v.object({
  kind: v.literal('arrow'),
  sent: v.boolean(),
  text: v.string(),
  messageBytes: v.optional(v.number()),
  records: v.optional(v.number()),
  atMs: v.optional(v.number()),
  after: v.boolean(),
})
const stop = v.object({
  kind: v.literal('stop'),
  certain: v.boolean(),
  later: v.boolean(),
  stage: v.optional(stageSchema),
  who: v.array(v.string()),
  shows: v.optional(v.object({ code: v.string(), log: v.optional(v.string()) })),
})
const story = v.object({
  where: v.string(),
  who: v.array(v.string()),
  rows: v.array(v.variant('kind', [arrow, stop])),
})

export const handshakeSchema = v.object({ stories: v.array(story), hidden: v.number() })
handshakeSchema satisfies v.GenericSchema<unknown, EndpointHandshake>
