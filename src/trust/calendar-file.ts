import * as v from 'valibot'
import { badReference, parseDataFile } from '../device/data-file.ts'
import { PemError, parseCertificates } from '../x509/pem.ts'
import { type Calendar, type CalendarEntry, dateKinds, periodOf, type Replay, type When } from './calendar.ts'

const text = v.pipe(v.string(), v.nonEmpty('write some text'))
const names = v.pipe(v.array(text), v.minLength(1, 'write one at least, or leave the key out'))
const bytes = v.pipe(v.number(), v.integer('write a whole number'), v.minValue(1, 'write a size in bytes'))
const key = v.pipe(v.string(), v.regex(/^(RSA \d{4}|EC secp\d{3}[rk]1)$/, 'write RSA 2048 or EC secp256r1'))
const url = v.pipe(v.string(), v.url('write an address that begins with https://'))
const day = v.pipe(v.string(), v.isoDate('write a day such as 2027-03-15'))
const date = v.pipe(
  v.string(),
  v.regex(/^\d{4}(-Q[1-4]|-(0[1-9]|1[0-2])(-\d{2})?)?$/, 'write 2027-03-15, 2027-02, 2026-Q4 or 2027'),
  v.check((one) => one.length < 10 || isDay(one), 'write a day that exists'),
)

const link = v.strictObject({
  subject: text,
  issuer: v.optional(text),
  derBytes: v.optional(bytes),
  key: v.optional(key),
  signature: v.optional(text),
  until: v.optional(day),
  note: v.optional(text),
})

const when = v.strictObject({
  sends: v.optional(v.pipe(v.array(v.strictObject({ subject: text, issuer: text })), v.minLength(1))),
  leafIssuers: v.optional(names),
  organization: v.optional(text),
  roots: v.optional(names),
  hosts: v.optional(names),
  notHosts: v.optional(names),
  leafKey: v.optional(v.picklist(['RSA', 'EC'])),
  public: v.optional(v.literal(true)),
})

const replay = v.variant('kind', [
  v.strictObject({
    kind: v.literal('reissue'),
    when,
    leaf: v.optional(v.picklist(['same', 'changes']), 'same'),
    leafSignature: v.optional(text),
  }),
  v.strictObject({ kind: v.literal('lifetime'), when, days: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
  v.strictObject({ kind: v.picklist(['drop', 'successor', 'move', 'versions']), when }),
  // Whom it concerns is said by `rootsBefore`.
  v.strictObject({ kind: v.literal('store') }),
])

const entry = v.strictObject({
  id: v.pipe(
    v.string(),
    v.regex(/^[a-z0-9]+([-.][a-z0-9]+)*$/, 'write small letters, digits, and single - or .'),
  ),
  date: v.optional(date),
  dateKind: v.picklist(dateKinds),
  title: v.optional(text),
  owner: text,
  services: names,
  change: text,
  chainBefore: v.optional(v.pipe(v.array(link), v.minLength(1))),
  chainAfter: v.optional(v.pipe(v.array(link), v.minLength(1))),
  rootsBefore: v.optional(names),
  rootsAfter: v.optional(names),
  versions: v.optional(v.strictObject({ before: names, after: names })),
  affects: names,
  status: v.picklist(['announced', 'done', 'reported']),
  confidence: v.picklist(['high', 'medium', 'low']),
  sources: v.pipe(v.array(url), v.minLength(1, 'name a source')),
  replay: v.optional(replay),
})

const schema = v.strictObject({
  entries: v.array(entry),
  certificates: v.optional(v.array(v.strictObject({ source: text, pem: text })), []),
})

type Raw = v.InferOutput<typeof entry>

/** The files of `endpoints/forecasts/`, by name. Throws `DataFileError`, which names file and line. */
export function parseCalendar(files: ReadonlyMap<string, string>): Calendar {
  const ids = new Map<string, string>()
  const entries: CalendarEntry[] = []
  const certificates: string[] = []
  for (const [name, yaml] of files) {
    const file = `endpoints/forecasts/${name}`
    const parsed = parseDataFile(yaml, file, schema)
    parsed.entries.forEach((raw, index) => {
      const bad = (key: string, what: string, hint: string) =>
        badReference(yaml, file, ['entries', String(index), key], what, hint)
      const other = ids.get(raw.id)
      if (other !== undefined) throw bad('id', `${raw.id} stands in ${other} too`, 'give each its own id')
      ids.set(raw.id, file)
      const fault = faultOf(raw)
      if (fault !== undefined) throw bad(...fault)
      entries.push(entryOf(raw))
    })
    parsed.certificates.forEach(({ pem }, index) => {
      try {
        parseCertificates(Buffer.from(pem), file)
      } catch (error) {
        if (!(error instanceof PemError)) throw error
        const path = ['certificates', String(index), 'pem']
        throw badReference(
          yaml,
          file,
          path,
          'is no certificate in PEM',
          'copy it whole, with its BEGIN and END',
        )
      }
      certificates.push(pem)
    })
  }
  return { entries: entries.sort(bySoonest), certificates }
}

/** What the parts of an entry owe each other. */
function faultOf(raw: Raw): [key: string, what: string, hint: string] | undefined {
  const { kind } = raw.replay ?? {}
  if (kind === undefined) return undefined
  if (raw.title === undefined)
    return ['id', 'is replayed and has no title', 'add title: the change in a few words']
  if (kind === 'reissue' && raw.chainAfter?.[0]?.subject !== 'leaf')
    return ['replay', 'has no chain to replay', 'add chainAfter with the leaf first']
  if (kind === 'reissue' && raw.chainAfter?.slice(1).some(({ issuer }) => issuer === undefined))
    return ['chainAfter', 'has a certificate without an issuer', 'name who issued each']
  if (kind === 'drop' && raw.replay?.kind === 'drop' && raw.replay.when.sends === undefined)
    return ['replay', 'names nothing to leave out', 'add when.sends']
  if (kind === 'store' && raw.rootsBefore === undefined)
    return ['replay', 'names no roots', 'add rootsBefore: what the stores let go']
  if (kind === 'move' && raw.rootsAfter === undefined)
    return ['replay', 'names no roots', 'add rootsAfter: where the endpoint goes']
  if (kind === 'versions' && raw.versions === undefined)
    return ['replay', 'names no versions', 'add versions: before and after']
  if (kind === 'lifetime' && (raw.date === undefined || raw.date.length < 10))
    return ['replay', 'has no day', 'add the day from which leaves live so long']
  return undefined
}

function entryOf(raw: Raw): CalendarEntry {
  const { date, title, chainBefore, chainAfter, rootsBefore, rootsAfter, versions } = raw
  return {
    ...raw,
    date,
    title,
    chainBefore: chainBefore?.map(linkOf),
    chainAfter: chainAfter?.map(linkOf),
    rootsBefore,
    rootsAfter,
    versions,
    replay: raw.replay && replayOf(raw, raw.replay),
  }
}

function replayOf(raw: Raw, own: NonNullable<Raw['replay']>): Replay {
  if (own.kind === 'store') return { kind: 'store', when: { roots: raw.rootsBefore } satisfies When }
  return own.kind === 'reissue' ? { ...own, leafSignature: own.leafSignature } : own
}

function linkOf(raw: v.InferOutput<typeof link>) {
  const { subject, issuer, derBytes, key: kind, signature, until, note } = raw
  return { subject, issuer, derBytes, key: kind, signature, until, note }
}

function isDay(one: string): boolean {
  const { start } = periodOf(one)
  return !Number.isNaN(start.getTime()) && start.toISOString().startsWith(one)
}

/** What has no date comes last. */
function bySoonest(a: CalendarEntry, b: CalendarEntry): number {
  const at = ({ date: one }: CalendarEntry) =>
    one === undefined ? Number.POSITIVE_INFINITY : periodOf(one).start.getTime()
  const [first, second] = [at(a), at(b)]
  return first === second ? a.id.localeCompare(b.id) : first < second ? -1 : 1
}
