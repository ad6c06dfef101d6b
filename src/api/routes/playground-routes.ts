import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import * as v from 'valibot'
import type { ApiDeps, ApiEnv } from '../api-context.ts'
import { ApiFailure } from '../api-failure.ts'
import { type Callers, needs } from '../callers.ts'
import { checked, described } from '../checked.ts'
import type { PlaygroundAnswer, PlaygroundRequest } from '../contract.ts'
import { invalid } from '../endpoint-edit.ts'
import { OneAtATime } from '../one-at-a-time.ts'
import { playBytes, playgroundDevices, playTarget } from '../playground.ts'

/** A capture of that size takes seconds. */
const INPUT_BYTES = 33_554_432
/** As base64, with what stands around it. */
const PLAYGROUND_BODY_BYTES = Math.ceil(INPUT_BYTES / 3) * 4 + 65_536
const COST = 20
const WAITING_AT_MOST = 8
const LONGEST_MS = 60_000

const requestSchema = v.strictObject({
  target: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(2_000, 'is too long'))),
  text: v.optional(v.string()),
  base64: v.optional(v.string()),
  fileName: v.optional(v.pipe(v.string(), v.maxLength(255, 'is too long'))),
  devices: v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.maxLength(60, 'there are more than 60')),
})
requestSchema satisfies v.GenericSchema<unknown, PlaygroundRequest>

const answerSchema = v.object({
  kind: v.picklist(['verdicts', 'log', 'capture', 'certificates']),
  json: v.unknown(),
  text: v.string(),
  html: v.optional(v.string()),
})
answerSchema satisfies v.GenericSchema<unknown, PlaygroundAnswer>

/** Looks at what somebody types or drops; nothing of it is kept, and nothing of it is told to others. */
export function playgroundRoutes(
  { catalogue, knownRoots, now, version, options }: ApiDeps,
  callers: Callers,
): Hono<ApiEnv> {
  const queue = new OneAtATime(WAITING_AT_MOST)
  return new Hono<ApiEnv>().post(
    '/',
    described(
      'playground',
      'What check or explain says of an endpoint, log, chain or capture',
      answerSchema,
      {
        errors: ['400', '401', '403', '429'],
      },
    ),
    needs('write'),
    // Before the body is read: it is large.
    async (c, next) => {
      callers.charge(c, COST)
      await next()
    },
    bodyLimit({
      maxSize: PLAYGROUND_BODY_BYTES,
      onError: () => {
        throw new ApiFailure(413, 'body-too-large', `an input has ${INPUT_BYTES} bytes at most`)
      },
    }),
    checked('json', requestSchema),
    async (c) => {
      const { target, text, base64, fileName = 'input', devices: ids } = c.req.valid('json')
      const given = [target, text, base64].filter((one) => one !== undefined)
      if (given.length !== 1) throw invalid('target', 'give one of target, text and base64', undefined)
      const devices = playgroundDevices(ids, catalogue)
      const context = {
        ...{ catalogue, knownRoots, version, now: now(), privateTargets: options.privateTargets },
        signal: AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(LONGEST_MS)]),
      }
      const answer = await queue
        .run(() => {
          context.signal.throwIfAborted()
          if (target !== undefined) return playTarget(target, devices, context)
          return playBytes(bytesOf(text, base64), fileName, devices, context)
        })
        .catch((error: unknown) => {
          if (!context.signal.aborted) throw error
          throw new ApiFailure(503, 'too-long', `it took longer than ${LONGEST_MS / 1_000} s`)
        })
      return c.json(answer)
    },
  )
}

function bytesOf(text: string | undefined, base64: string | undefined): Uint8Array {
  if (base64 === undefined) return Buffer.from(text ?? '', 'utf8')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) throw invalid('base64', 'is no base64', undefined)
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length > INPUT_BYTES) {
    throw new ApiFailure(413, 'body-too-large', `an input has ${INPUT_BYTES} bytes at most`)
  }
  return bytes
}
