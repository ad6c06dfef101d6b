import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { readHeld } from '../../store/rows/access-rows.ts'
import type { ApiDeps, ApiEnv } from '../api-context.ts'
import { ApiFailure } from '../api-failure.ts'
import { needs } from '../callers.ts'
import { described } from '../checked.ts'
import { EventHub } from '../event-hub.ts'

const HEARTBEAT_MS = 15_000
/** Then the client comes again: no stream is for ever. */
const STREAM_MS = 15 * 60_000
const STREAMS_AT_MOST = 500
const STREAMS_OF_ONE = 20

/** What is new, as it comes: Server-Sent Events. */
export function eventRoutes({ database, now, signIn, onFault }: ApiDeps): Hono<ApiEnv> {
  const held = (digests: readonly string[]) => readHeld(database, digests, now(), signIn?.digest)
  const hub = new EventHub(database, held, onFault)
  const streams = new Map<string, number>()
  return new Hono<ApiEnv>().get(
    '/',
    described('events', 'What is new, as it comes; with Last-Event-ID what was missed, too', {
      type: 'text/event-stream',
      is: 'Events by their kind, each with a `LiveEvent` in `data`.',
    }),
    needs('read'),
    async (c) => {
      const { subject = '', digest } = c.get('caller') ?? {}
      const open = streams.get(subject) ?? 0
      if (open >= STREAMS_OF_ONE || hub.listeners >= STREAMS_AT_MOST) {
        throw new ApiFailure(429, 'too-many-streams', 'too many streams of events are open', {
          retryAfterSeconds: 30,
        })
      }
      streams.set(subject, open + 1)
      const leave = () => {
        const left = (streams.get(subject) ?? 1) - 1
        if (left > 0) streams.set(subject, left)
        else streams.delete(subject)
      }
      const last = c.req.header('last-event-id') ?? ''
      const after = /^\d{1,15}$/.test(last) ? Number(last) : undefined
      const listener = await hub
        .listen(after, digest && Buffer.from(digest).toString('hex'))
        .catch((error: unknown) => {
          leave()
          throw error
        })
      const untilMs = performance.now() + STREAM_MS
      c.header('x-accel-buffering', 'no')
      return streamSSE(c, async (stream) => {
        stream.onAbort(() => listener.close())
        try {
          await stream.write(': open\n\n')
          while (performance.now() < untilMs) {
            const events = await listener.next(HEARTBEAT_MS)
            if (events === undefined) break
            if (events.length === 0) await stream.write(': still here\n\n')
            for (const event of events) {
              await stream.writeSSE({ id: String(event.id), event: event.kind, data: JSON.stringify(event) })
            }
          }
        } finally {
          listener.close()
          leave()
        }
      })
    },
  )
}
