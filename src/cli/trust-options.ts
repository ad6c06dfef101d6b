import { type CredentialFormat, credentialFormats } from '../credential/credential.ts'
import type { Catalogue } from '../device/catalogue.ts'
import { parseTarget } from '../observe/target.ts'
import { escapeText } from '../report/escape.ts'
import { roleOf } from '../trust/certificate-role.ts'
import type { HeldAnchor } from '../trust/trust-store.ts'
import type { ParsedArguments } from './arguments.ts'
import { readAnchors } from './check-files.ts'
import { parseHeader, parseTimeout } from './check-options.ts'
import { CliError, exitCodes, usageError } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'
import { readDevices } from './device-option.ts'
import { choice, one, parseTime } from './option-values.ts'

/** A cellular device that is built today is expected to serve about as long. */
const defaultYears = 10
const maxYears = 50

/** The options of `tlsfit trust`, read and checked. Headers are secrets. */
export interface TrustOptions {
  readonly targets: readonly string[]
  readonly device: string
  readonly catalogue: Catalogue
  readonly years: number
  readonly now: Date
  readonly serviceEnd: Date
  readonly roots: readonly HeldAnchor[]
  /** Files of `--root`, as typed. */
  readonly rootFiles: readonly string[]
  /** Undefined without `--held`. */
  readonly held: readonly HeldAnchor[] | undefined
  readonly fetchIssuers: boolean
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly sendSecrets: boolean
  readonly timeoutMs: number
  readonly emit: CredentialFormat | undefined
  readonly folder: string
  readonly secTag: number | undefined
  /** Path of a listing; undefined without `--verify-stored`. */
  readonly storedFile: string | undefined
  readonly format: 'text' | 'json' | 'markdown'
}

/** Throws `CliError`, `TargetError`, `DeviceIdError`, `PemError`; nothing was dialled by then. */
export async function readTrustOptions(parsed: ParsedArguments, io: CliIo): Promise<TrustOptions> {
  const targets = parsed.positionals
  const held = await readAnchors(parsed.values.get('held'), '--held')
  if (targets.length === 0 && held === undefined) {
    throw usageError(
      'target-missing',
      'no target given',
      'write tlsfit trust https://example.com/ --device nrf9160@1.3.7, or --held root.pem for what a held root is good for',
    )
  }
  for (const option of ['emit', 'verify-stored'] as const) {
    if (targets.length === 0 && one(parsed, option) !== undefined) {
      throw usageError(
        'target-missing',
        `--${option} needs a target: it says which roots`,
        'add the URLs',
        `--${option}`,
      )
    }
  }
  const { devices, catalogue } = await readDevices(parsed.values.get('device') ?? [])
  const [device] = devices
  if (device === undefined || devices.length > 1) {
    throw usageError('value-invalid', 'trust takes one device', 'run it once for each', '--device')
  }
  for (const target of targets) parseTarget(target)
  const now = parseTime(one(parsed, 'time')) ?? io.now()
  const years = parseYears(one(parsed, 'years'))
  const emit = one(parsed, 'emit')
  return {
    targets,
    device,
    catalogue,
    years,
    now,
    serviceEnd: addYears(now, years),
    rootFiles: parsed.values.get('root') ?? [],
    roots: refuseLeaves((await readAnchors(parsed.values.get('root'), '--root')) ?? []),
    held,
    fetchIssuers: parsed.flags.has('fetch-aia'),
    headers: (parsed.values.get('header') ?? []).map(parseHeader),
    sendSecrets: parsed.flags.has('send-secrets'),
    timeoutMs: parseTimeout(one(parsed, 'timeout')),
    emit: emit === undefined ? undefined : choice(parsed, 'emit', credentialFormats, 'pem'),
    folder: one(parsed, 'out') ?? '.',
    secTag: parseSecTag(one(parsed, 'sec-tag')),
    storedFile: one(parsed, 'verify-stored'),
    format: choice(parsed, 'format', ['text', 'json', 'markdown'], 'text'),
  }
}

/** With its renewal every device that holds it would be cut off. */
function refuseLeaves(roots: readonly HeldAnchor[]): readonly HeldAnchor[] {
  const others = roots.map(({ certificate }) => certificate)
  const leaf = roots.find(({ certificate }) => roleOf(certificate, others, []) === 'leaf')
  if (leaf === undefined) return roots
  const { subject, issuer } = leaf.certificate
  throw new CliError(
    exitCodes.unreadable,
    'leaf-as-anchor',
    `${leaf.label} holds a server's own certificate (${escapeText(subject.commonName ?? subject.text, { maxChars: 80 })}): as anchor it fails at its next renewal, and most stacks refuse it`,
    {
      hint: `give the root of the CA that issued it: ${escapeText(issuer.commonName ?? issuer.text, { maxChars: 80 })}`,
      at: '--root',
    },
  )
}

function parseYears(text: string | undefined): number {
  if (text === undefined) return defaultYears
  const years = Number(text)
  if (/^\d{1,2}(\.\d{1,2})?$/.test(text) && years > 0 && years <= maxYears) return years
  throw usageError(
    'years-invalid',
    `--years is no number of years up to ${maxYears}`,
    'write --years 10',
    '--years',
  )
}

/** Formats have narrower rules of their own. */
function parseSecTag(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw usageError('sec-tag-invalid', '--sec-tag is no whole number', 'write --sec-tag 42', '--sec-tag')
}

function addYears(from: Date, years: number): Date {
  const end = new Date(from)
  end.setUTCMonth(end.getUTCMonth() + Math.round(years * 12))
  return end
}
