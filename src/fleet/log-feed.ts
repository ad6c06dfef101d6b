import * as v from 'valibot'
import { DecodeError, unlessBroken } from '../codec/decode-error.ts'
import { Reader } from '../codec/reader.ts'
import type { Certificate } from '../x509/certificate.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { findPemPieces } from '../x509/pem-pieces.ts'

/** A certificate as Certificate Transparency has it: issued, and perhaps not served yet. */
export interface LoggedCertificate {
  readonly certificate: Certificate
  /** What came with it, in any order. */
  readonly issuers: readonly Certificate[]
  /** When the log took it, or the feed told it; undefined: the feed does not say. */
  readonly loggedAt: Date | undefined
  /** RFC 6962 §3.1: a critical poison extension stands where the certificate itself will have its timestamps. */
  readonly isPrecertificate: boolean
}

export interface LogFeed {
  readonly logged: readonly LoggedCertificate[]
  /** Entries that name a certificate and do not hold it, as the JSON of a search at crt.sh. */
  readonly withoutCertificate: number
  /** Entries that are not what their form says. */
  readonly broken: number
  /** Older ones, beyond the bound. */
  readonly leftOut: number
}

/** A feed is for the names that are watched, not for all that is logged in the world. */
const entriesAtMost = 5_000
const lineAtMost = 1_048_576
const issuersAtMost = 10

/** How an entry is read; it throws `DecodeError` where its bytes are none. */
interface Entry {
  readonly certificate: Uint8Array
  readonly issuers: readonly Uint8Array[]
  readonly loggedAt: Date | undefined
}

type Reading = Entry | 'no-certificate' | 'no-entry'

/**
 * Entries of a feed or a file: JSON lines or a JSON list of messages of certstream, `entries` of RFC 6962 §4.6, rows of
 * crt.sh, or PEM, where an issuer is one of the same file. Never throws.
 */
export function parseLogFeed(text: string): LogFeed {
  if (text.includes('-----BEGIN ')) return pemFeed(text)
  const values = valuesOf(text)
  const entries = values.values.flatMap(entriesOf)
  const latest = entries.slice(-entriesAtMost)
  const logged: LoggedCertificate[] = []
  let withoutCertificate = 0
  let { broken } = values
  for (const value of latest) {
    try {
      const entry = readEntry(value)
      if (entry === 'no-certificate') withoutCertificate += 1
      else if (entry === 'no-entry') broken += 1
      else logged.push(loggedOf(entry))
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      broken += 1
    }
  }
  return { logged, withoutCertificate, broken, leftOut: entries.length - latest.length }
}

function pemFeed(text: string): LogFeed {
  const all: Certificate[] = []
  let broken = 0
  for (const { bytes, label } of findPemPieces(text)) {
    if (label !== 'CERTIFICATE') continue
    try {
      all.push(decodeCertificate(bytes))
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      broken += 1
    }
  }
  const issuers = all.filter(({ isCa }) => isCa).slice(0, issuersAtMost)
  const leaves = all.filter(({ isCa }) => !isCa)
  const latest = leaves.slice(-entriesAtMost)
  const logged = latest.map((certificate) => ({
    ...{ certificate, issuers, loggedAt: undefined },
    isPrecertificate: hasPoison(certificate),
  }))
  return { logged, withoutCertificate: 0, broken, leftOut: leaves.length - latest.length }
}

/** One JSON value, or one a line. */
function valuesOf(text: string): { readonly values: readonly unknown[]; readonly broken: number } {
  const whole = jsonOf(text)
  if (whole !== undefined) return { values: Array.isArray(whole) ? whole : [whole], broken: 0 }
  const values: unknown[] = []
  let broken = 0
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const value = line.length > lineAtMost ? undefined : jsonOf(line)
    if (value === undefined) broken += 1
    else if (Array.isArray(value)) values.push(...value)
    else values.push(value)
  }
  return { values, broken }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const getEntries = v.object({ entries: v.array(v.unknown()) })
/** RFC 6962 §4.6. */
const logEntry = v.object({ leaf_input: v.string(), extra_data: v.optional(v.string(), '') })
const withDer = v.object({ as_der: v.string() })
/** https://certstream.dev/docs.html, the full stream: `as_der` is Base64 of the DER. */
const certstream = v.object({
  message_type: v.literal('certificate_update'),
  data: v.object({
    leaf_cert: v.object({ as_der: v.optional(v.nullable(v.string())) }),
    chain: v.optional(v.nullable(v.array(v.unknown()))),
    seen: v.optional(v.number()),
  }),
})
/** A search of https://crt.sh/?output=json: rows tell of certificates and do not hold them. */
const crtSh = v.object({ issuer_ca_id: v.number(), name_value: v.string() })

function entriesOf(value: unknown): readonly unknown[] {
  return v.is(getEntries, value) ? value.entries : [value]
}

function readEntry(value: unknown): Reading {
  if (v.is(logEntry, value)) return readLogEntry(value.leaf_input, value.extra_data ?? '')
  if (v.is(certstream, value)) {
    const { leaf_cert: leaf, chain, seen } = value.data
    if (leaf.as_der === undefined || leaf.as_der === null || leaf.as_der === '') return 'no-certificate'
    const issuers = (chain ?? []).flatMap((one) => (v.is(withDer, one) ? [bytesOf(one.as_der)] : []))
    return {
      certificate: bytesOf(leaf.as_der),
      issuers,
      loggedAt: seen === undefined ? undefined : dateOf(seen * 1000),
    }
  }
  return v.is(crtSh, value) ? 'no-certificate' : 'no-entry'
}

const x509Entry = 0
const precertEntry = 1

/** MerkleTreeLeaf and extra_data, RFC 6962 §3.4 and §4.6. */
function readLogEntry(leafInput: string, extraData: string): Reading {
  const r = new Reader(bytesOf(leafInput), 'MerkleTreeLeaf')
  const version = r.u8('version')
  const leafType = r.u8('leaf_type')
  if (version !== 0 || leafType !== 0) return 'no-entry'
  const loggedAt = dateOf(r.u32('timestamp') * 2 ** 32 + r.u32('timestamp'))
  const entryType = r.u16('entry_type')
  const extra = new Reader(bytesOf(extraData), 'extra_data')
  if (entryType === x509Entry) {
    const certificate = r.vector24('x509_entry')
    return { certificate, issuers: extra.atEnd ? [] : readChain(extra), loggedAt }
  }
  if (entryType !== precertEntry) return 'no-entry'
  // The leaf holds what the certificate will say without its timestamps; the signed one with the poison comes beside it.
  if (extra.atEnd) return 'no-certificate'
  const certificate = extra.vector24('pre_certificate')
  return { certificate, issuers: extra.atEnd ? [] : readChain(extra), loggedAt }
}

function readChain(r: Reader): Uint8Array[] {
  const chain = r.inside(r.vector24('certificate_chain'), 'certificate_chain')
  const certificates: Uint8Array[] = []
  while (!chain.atEnd && certificates.length < issuersAtMost) certificates.push(chain.vector24('certificate'))
  return certificates
}

function loggedOf({ certificate: der, issuers, loggedAt }: Entry): LoggedCertificate {
  const certificate = decodeCertificate(der)
  return {
    certificate,
    issuers: issuers.slice(0, issuersAtMost).flatMap(readable),
    loggedAt,
    isPrecertificate: hasPoison(certificate),
  }
}

function hasPoison({ extensions }: Certificate): boolean {
  return extensions.some(({ name }) => name === 'ctPoison')
}

/** An issuer that cannot be read may be known from elsewhere. */
function readable(der: Uint8Array): Certificate[] {
  return unlessBroken(() => [decodeCertificate(der)]) ?? []
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}

function dateOf(ms: number): Date | undefined {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? undefined : date
}
