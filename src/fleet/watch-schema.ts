import * as v from 'valibot'
import { faultWords } from '../device/fault-words.ts'
import { isNoTable, oneOf, text } from '../device/file-parts.ts'
import { accessSchema } from './access-schema.ts'
import { severities } from './condition.ts'
import { parseDuration } from './duration.ts'

/** `watch.yaml` as people write it. What it means is `parse-watch.ts`; every key stands in `docs/watch.md`. */

export const id = v.pipe(text, v.regex(/^[a-z0-9][a-z0-9._-]{0,79}$/, 'write an id of a-z, 0-9, . _ and -'))
const path = text

const durationForm = 'write a number and its unit: 30s, 15m, 1h or 7d'
const DAY = 86_400
const duration = (least: number, most: number) =>
  v.pipe(
    v.string(durationForm),
    v.check((value) => parseDuration(value) !== undefined, durationForm),
    v.transform((value) => parseDuration(value) ?? 0),
    v.minValue(least, `write ${least}s or more`),
    v.maxValue(most, `write ${most / DAY}d or less`),
  )
const days = (most: number) =>
  v.pipe(
    v.number('write days as a number'),
    v.integer('write whole days'),
    v.minValue(0, 'write 0 or more'),
    v.maxValue(most, `${most} at most`),
  )

/** UTC where no zone is written, so that the file means the same on every machine. */
const instant = v.pipe(
  text,
  v.regex(
    /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$/,
    'write a time such as 2026-12-01T22:00Z, or a day',
  ),
  v.check((value) => !Number.isNaN(timeOf(value).getTime()), 'write a day that there is'),
  v.transform((value) => timeOf(value).toISOString()),
)

function timeOf(written: string): Date {
  return new Date(/^\d{4}-\d\d-\d\dT[\d:]+$/.test(written) ? `${written}Z` : written)
}

const referenceForm = 'name the place of the secret: { credential: NAME }, { env: NAME } or { file: PATH }'
const reference = oneOf(
  { credential: v.optional(text), env: v.optional(text), file: v.optional(path) },
  referenceForm,
)
/** A file by its path alone, as `check` takes it. */
const fileOrReference = v.lazy((written) => (typeof written === 'string' ? path : reference))

const headerForm = 'write one header a row: - x-ms-version: "2021-08-06"'
const headerValue = v.lazy((written) =>
  isTable(written) ? reference : v.string('write its value in quotes, or its place: { env: NAME }'),
)
const header = v.pipe(
  v.record(v.string(), headerValue, headerForm),
  v.check(
    (value) => Object.keys(value).length === 1,
    ({ input }) => faultWords(`holds ${Object.keys(input).length} names`, headerForm),
  ),
)

const room = v.strictObject(
  {
    percent: v.optional(v.pipe(v.number(), v.minValue(0, 'write 0 or more'), v.maxValue(100, '100 at most'))),
    bytes: v.optional(
      v.pipe(v.number(), v.integer('write a whole number'), v.minValue(0, 'write 0 or more')),
    ),
  },
  (issue) => (isNoTable(issue) ? 'say of what: { bytes: 256 } or { percent: 10 }' : issue.message),
)
const thresholds = v.strictObject({
  room: v.optional(room),
  shrink: v.optional(room),
  'expiry-days': v.optional(
    v.strictObject({
      leaf: v.optional(days(3_650)),
      intermediate: v.optional(days(3_650)),
      root: v.optional(days(10_950)),
      anchor: v.optional(days(10_950)),
    }),
  ),
})

const everyLeast = 1
const every = duration(everyLeast, 30 * DAY)
const thorough = duration(everyLeast, 30 * DAY)
const timeout = duration(1, DAY)
const ids = v.array(id, 'write a list of ids: [one, other]')

const endpointKeys = {
  id: v.optional(id),
  name: v.optional(text),
  target: text,
  query: v.optional(reference),
  sni: v.optional(text),
  connect: v.optional(
    v.pipe(
      text,
      v.regex(/^(\[[0-9A-Fa-f:.]+\]|[^:\s/]+):\d{1,5}$/, 'write host:port, such as 192.0.2.7:443'),
    ),
  ),
  method: v.optional(v.pipe(text, v.regex(/^[A-Za-z]{1,20}$/, 'write GET or HEAD'))),
  bytes: v.optional(v.pipe(v.number(), v.integer('write a whole number'), v.minValue(0, 'write 0 or more'))),
  timeout: v.optional(timeout),
  headers: v.optional(v.array(header, headerForm)),
  'client-cert': v.optional(fileOrReference),
  'client-key': v.optional(fileOrReference),
  every: v.optional(every),
  thorough: v.optional(thorough),
  fleets: v.optional(ids),
  vantages: v.optional(v.pipe(ids, v.minLength(1, 'name at least one'))),
  thresholds: v.optional(thresholds),
}
const endpoint = v.lazy((written) =>
  isTable(written)
    ? v.strictObject(endpointKeys)
    : v.pipe(v.string('write a URL as text, such as https://example.com/fw.bin'), v.minLength(1)),
)

const clock = v.lazy((written) =>
  isTable(written)
    ? oneOf({
        behind: v.optional(duration(0, 36_500 * DAY)),
        ahead: v.optional(duration(0, 36_500 * DAY)),
        'stands-at': v.optional(instant),
      })
    : v.literal('right', 'write right, { behind: 2d }, { ahead: 2d } or { stands-at: 2024-01-01 }'),
)

const fleet = v.strictObject({
  id,
  name: v.optional(text),
  device: text,
  count: v.pipe(v.number(), v.integer('write a whole number'), v.minValue(0, 'write 0 or more')),
  anchors: v.optional(v.array(path, 'write a list of files: anchors: [certs/root.pem]')),
  verify: v.optional(v.picklist(['full', 'no-name', 'none'], 'write full, no-name or none'), 'full'),
  clock: v.optional(clock, 'right'),
})

const httpUrl = v.pipe(
  text,
  v.regex(/^https?:\/\/[^\s@]+$/, 'write an http:// or https:// URL without a user'),
)
const channelParts = {
  id,
  name: v.optional(text),
  from: v.optional(v.picklist(severities, 'write critical, warning or info'), 'warning'),
  endpoints: v.optional(ids),
  fleets: v.optional(ids),
}
/** Whoever knows the address may write there. */
const hook = (kind: 'slack' | 'teams' | 'discord') =>
  v.strictObject({ ...channelParts, kind: v.literal(kind), url: reference })
const channel = v.variant('kind', [
  v.strictObject({
    ...channelParts,
    kind: v.literal('webhook'),
    url: v.lazy((written) => (typeof written === 'string' ? httpUrl : reference)),
    key: v.optional(reference),
  }),
  v.strictObject({
    ...channelParts,
    kind: v.literal('email'),
    server: v.pipe(text, v.regex(/^smtps?:\/\/[^\s@/]+$/, 'write smtp://host:port or smtps://host:port')),
    sender: v.pipe(text, v.regex(/^[^\s@]+@[^\s@]+$/, 'write an address')),
    to: v.pipe(
      v.array(v.pipe(text, v.regex(/^[^\s@]+@[^\s@]+$/, 'write an address')), 'write a list of addresses'),
      v.minLength(1, 'name at least one address'),
    ),
    user: v.optional(text),
    password: v.optional(reference),
  }),
  hook('slack'),
  hook('teams'),
  hook('discord'),
  v.strictObject({
    ...channelParts,
    kind: v.literal('alertmanager'),
    url: httpUrl,
    token: v.optional(reference),
  }),
  v.strictObject({
    ...channelParts,
    kind: v.literal('telegram'),
    token: reference,
    /** Groups have a number below zero. */
    chat: v.pipe(text, v.regex(/^(-?\d+|@\w+)$/, 'write the id of a chat in quotes, or @channel')),
  }),
  v.strictObject({ ...channelParts, kind: v.literal('ntfy'), url: httpUrl, token: v.optional(reference) }),
  v.strictObject({ ...channelParts, kind: v.literal('pagerduty'), key: reference }),
])

export const weekdays = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
] as const
const maintenance = v.strictObject({
  id,
  reason: v.optional(text, 'maintenance'),
  endpoints: v.optional(ids),
  fleets: v.optional(ids),
  from: v.optional(instant),
  to: v.optional(instant),
  weekly: v.optional(
    v.strictObject({
      day: v.picklist(weekdays, 'write sunday, monday, …'),
      at: v.pipe(
        text,
        v.regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'write hours and minutes in UTC, in quotes: "02:00"'),
      ),
      for: duration(60, 7 * DAY),
    }),
  ),
})

const viewName = { id, name: v.optional(text) }
const views = v.strictObject({
  gateways: v.optional(
    v.array(v.strictObject({ ...viewName, url: httpUrl }), 'write a list, each with - id: and url:'),
    [],
  ),
  measurements: v.optional(
    v.array(v.strictObject({ ...viewName, folder: path }), 'write a list, each with - id: and folder:'),
    [],
  ),
})

const keep = duration(DAY, 36_500 * DAY)
const watchForm = 'write endpoints: [URL] and fleets:, each on its line'
const watchKeys = {
  defaults: v.optional(
    v.strictObject({
      every: v.optional(every),
      thorough: v.optional(thorough),
      timeout: v.optional(timeout),
      thresholds: v.optional(thresholds),
      retries: v.optional(
        v.strictObject({
          count: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(20, '20 at most'))),
          after: v.optional(duration(1, DAY)),
        }),
      ),
    }),
    {},
  ),
  vantages: v.optional(v.pipe(ids, v.minLength(1, 'name at least one')), ['local']),
  fleets: v.optional(v.array(fleet, 'write a list, each with - id:, device: and count:'), []),
  endpoints: v.optional(v.array(endpoint, 'write a list: endpoints: [https://example.com/fw.bin]'), []),
  channels: v.optional(v.array(channel, 'write a list, each with - id: and kind:'), []),
  maintenance: v.optional(v.array(maintenance, 'write a list, each with - id:'), []),
  transparency: v.optional(
    v.pipe(
      v.strictObject({
        file: v.optional(path),
        url: v.optional(httpUrl),
        every: v.optional(duration(10, 30 * DAY), '15m'),
      }),
      v.check(
        ({ file, url }) => (file === undefined) !== (url === undefined),
        'name a file or a url: { file: logged.jsonl }',
      ),
    ),
  ),
  views: v.optional(views, { gateways: [], measurements: [] }),
  retention: v.optional(
    v.strictObject({ probes: v.optional(keep), history: v.optional(keep), alerts: v.optional(keep) }),
    {},
  ),
  access: v.optional(accessSchema(reference)),
}
export const watchFile = v.strictObject(watchKeys, (issue) => (isNoTable(issue) ? watchForm : issue.message))

export type WatchFile = v.InferOutput<typeof watchFile>
export type EndpointRow = v.InferOutput<v.StrictObjectSchema<typeof endpointKeys, undefined>>
export type FleetRow = WatchFile['fleets'][number]
export type ChannelRow = WatchFile['channels'][number]
export type MaintenanceRow = WatchFile['maintenance'][number]
export type ReferenceRow = v.InferOutput<typeof reference>
export type ThresholdRow = v.InferOutput<typeof thresholds>

function isTable(written: unknown): written is object {
  return typeof written === 'object' && written !== null && !Array.isArray(written)
}
