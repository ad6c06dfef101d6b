import type { Limit } from '../device/limit.ts'
import type { Certificate } from '../x509/certificate.ts'
import { writeArduino } from './arduino-format.ts'
import { writeCHeader } from './c-header-format.ts'
import { checkAnchors } from './check-anchors.ts'
import { writeDer } from './der-format.ts'
import { writeEspBundle } from './esp-bundle-format.ts'
import { writeNrfAt } from './nrf-at-format.ts'
import { writePem } from './pem-format.ts'
import { identifier } from './plain-text.ts'
import { spwf04Limit, writeSpwf04 } from './spwf04-format.ts'
import { storedLimit } from './stored-size.ts'
import { writeTinyClr } from './tinyclr-format.ts'
import { writeZephyr } from './zephyr-format.ts'

/** Forms in which devices and their builds load trust anchors. */
export const credentialFormats = [
  'nrf-at',
  'esp-idf-bundle',
  'c-header',
  'zephyr',
  'arduino',
  'tinyclr',
  'spwf04',
  'pem',
  'der',
] as const
export type CredentialFormat = (typeof credentialFormats)[number]

export interface CredentialOptions {
  /** Security tag of the first anchor, where the format has tags; default `defaultSecTag`. The next get the next ones. */
  readonly secTag?: number | undefined
  /** Base of file names and of variables; what is no identifier in it becomes `_`. Default `root_ca`. */
  readonly name?: string | undefined
  /** What the device can store: `device.limits.storedAnchorBytes`. Left out, `spwf04` has that of its module. */
  readonly storedLimit?: Limit | undefined
}

/** As in the samples of the nRF Connect SDK. */
const defaultSecTag = 42

export interface Credential {
  readonly format: CredentialFormat
  /** Empty where a problem leaves nothing worth writing. */
  readonly files: readonly CredentialFile[]
  /** One for each anchor, in the order given. */
  readonly stored: readonly StoredSize[]
  /** What the device stores, where a figure is known. */
  readonly limit: StoredLimit | undefined
  /** What to know when loading it: plain ASCII sentences without a full stop, safe to print. */
  readonly notes: readonly string[]
  /** None: the device can take it as far as is known. */
  readonly problems: readonly CredentialProblem[]
}

export interface CredentialFile {
  /** A bare file name: letters, digits, `.`, `_`, `-`. */
  readonly name: string
  readonly bytes: Uint8Array
  /** What it is for, in a few words. */
  readonly about: string
}

/** What one anchor takes up. */
export interface StoredSize {
  /** Plain ASCII, safe to print. */
  readonly subject: string
  /** Of the DER. */
  readonly sha256: string
  readonly derBytes: number
  /** Bytes as the device keeps it, and in which form that is. */
  readonly storedBytes: number
  readonly storedAs: StoredAs
  /** SHA-256 of exactly the bytes stored, where the device can list it. */
  readonly storedSha256: string | undefined
  readonly secTag: number | undefined
}

/** In the figures that `checkStored` compares with. */
export interface StoredLimit {
  /** What surely fits, and what is the most that a source says; mostly the same. */
  readonly bytes: number
  readonly mostBytes: number
  /** Whether it holds for each anchor or for all together. */
  readonly counts: 'each' | 'together'
  readonly confidence: Limit['confidence']
  readonly source: string
}

/** `name-and-key`: the device keeps subject and public key only. */
export type StoredAs = 'pem' | 'pem-with-nul' | 'der' | 'name-and-key'

export interface CredentialProblem {
  readonly code:
    | 'no-anchor' // none given
    | 'not-a-ca' // a leaf: it is replaced within months, and most stacks refuse it
    | 'too-large' // over what the device stores
    | 'may-be-too-large' // over the lowest figure, or over one of several that sources give
    | 'sec-tag' // outside of what the format allows
    | 'not-in-format' // the format cannot hold it
    | 'not-for-device' // a form that this device is not known to load
    | 'not-looked-for' // the device looks for another root than these at some server
  /** A plain ASCII sentence without a full stop, safe to print. */
  readonly text: string
}

/** What a writer of one format is given: checked options, at least one anchor. */
export interface CredentialInput {
  readonly anchors: readonly Certificate[]
  readonly name: string
  readonly secTag: number
  readonly limit: StoredLimit | undefined
}

export type CredentialWriter = (input: CredentialInput) => Omit<Credential, 'format'>

const writers: { readonly [F in CredentialFormat]: CredentialWriter } = {
  'nrf-at': writeNrfAt,
  'esp-idf-bundle': writeEspBundle,
  'c-header': writeCHeader,
  zephyr: writeZephyr,
  arduino: writeArduino,
  tinyclr: writeTinyClr,
  spwf04: writeSpwf04,
  pem: writePem,
  der: writeDer,
}

/** Anchors in the form that a device loads. Certificate names in it are cut down to plain text. Never throws. */
export function formatCredential(
  format: CredentialFormat,
  anchors: readonly Certificate[],
  options: CredentialOptions = {},
): Credential {
  const problems = checkAnchors(anchors)
  if (anchors.length === 0) return { format, files: [], stored: [], limit: undefined, notes: [], problems }
  const input: CredentialInput = {
    anchors,
    name: identifier(options.name ?? 'root_ca'),
    secTag: options.secTag ?? defaultSecTag,
    limit: storedLimit(options.storedLimit ?? (format === 'spwf04' ? spwf04Limit : undefined)),
  }
  const written = writers[format](input)
  return { format, ...written, problems: [...problems, ...written.problems] }
}
