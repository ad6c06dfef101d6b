import type { Place } from '../finding/place.ts'
import type { CheckJob, CheckRequest } from '../io/check-request.ts'
import type { VerifyMode } from '../judge/judge-input.ts'
import type { Candidate } from '../judge/replaying.ts'
import { parseTarget } from '../observe/target.ts'
import { type ReportFormat, reportFormats } from '../report/report.ts'
import type { ParsedArguments } from './arguments.ts'
import { readAnchors, readCandidates, readClientCredential } from './check-files.ts'
import { usageError } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'
import { readDevices } from './device-option.ts'
import { choice, one, parseTime } from './option-values.ts'
import { readPlaces } from './place-option.ts'
import type { readPlannedCheck } from './plan-options.ts'
import type { PlanRun } from './plan-run.ts'
import { readTargets } from './target-list.ts'

/** The options of `tlsfit check`, read and checked. Holds secrets: headers, the client key. */
export interface CheckOptions {
  /** One for each target, none twice. */
  readonly jobs: readonly CheckJob[]
  /** Targets that were given again. */
  readonly repeats: number
  /** The run before, where the jobs are of a plan. */
  readonly planRun: PlanRun | undefined
  readonly run: Pick<CheckRequest, 'now' | 'keyLogFile' | 'catalogue'>
  /** `--jobs`. */
  readonly sideBySide: number | undefined
  /** `--resume`. */
  readonly journalFile: string | undefined
  readonly format: ReportFormat
  readonly strict: boolean
  readonly forecast: boolean
  /** Judged in place of the chain that is served; they ask for a forecast, too. */
  readonly candidates: readonly Candidate[]
  /** Undefined where the user did not say. */
  readonly can: readonly Place[] | undefined
  /** No progress on stderr. */
  readonly quiet: boolean
}

/** Throws `CliError`, `TargetError`, `DeviceIdError`, `PemError`, `DataFileError`; nothing was dialled by then. */
export async function readCheckOptions(parsed: ParsedArguments, io: CliIo): Promise<CheckOptions> {
  const format = choice(parsed, 'format', reportFormats, 'text')
  const timeoutMs = parseTimeout(one(parsed, 'timeout'))
  const asked = {
    sendSecrets: parsed.flags.has('send-secrets'),
    compareSni: parsed.flags.has('compare-sni'),
  }
  const quiet = parsed.flags.has('quiet')
  const ofPlan = { ...asked, timeoutMs: parsed.values.has('timeout') ? timeoutMs : undefined, quiet }
  const { jobs, repeats, catalogue, planRun } =
    (await planOf(parsed, io, ofPlan)) ?? (await targetsOf(parsed, io, { ...asked, timeoutMs }))
  return {
    jobs,
    repeats,
    planRun,
    run: {
      now: parseTime(one(parsed, 'time')) ?? io.now(),
      keyLogFile: one(parsed, 'keylog'),
      catalogue,
    },
    sideBySide: parseJobs(one(parsed, 'jobs')),
    journalFile: one(parsed, 'resume'),
    format,
    strict: parsed.flags.has('strict'),
    forecast: parsed.flags.has('forecast') || parsed.values.has('candidate'),
    candidates: await readCandidates(parsed.values.get('candidate')),
    can: readPlaces(parsed),
    quiet,
  }
}

/** What is looked at, and by whom. */
type Asked = Pick<CheckOptions, 'jobs' | 'repeats' | 'planRun'> & Pick<CheckRequest, 'catalogue'>

/** Of a plan. What reads plans is loaded only where there may be one. */
async function planOf(
  parsed: ParsedArguments,
  io: CliIo,
  common: Parameters<typeof readPlannedCheck>[3],
): Promise<Asked | undefined> {
  const { positionals, values, flags } = parsed
  const isNamed = values.has('file') || values.has('baseline') || flags.has('update-baseline')
  if (positionals.length > 0 && !isNamed) return undefined
  const { planPath, readPlannedCheck, refusePlanOptions } = await import('./plan-options.ts')
  const file = await planPath(parsed, io)
  if (file !== undefined) return readPlannedCheck(file, parsed, io, common)
  refusePlanOptions(parsed)
  return undefined
}

/** Of the command line. */
async function targetsOf(
  parsed: ParsedArguments,
  io: CliIo,
  common: Pick<CheckJob, 'sendSecrets' | 'compareSni' | 'timeoutMs'>,
): Promise<Asked> {
  const given = await readTargets(parsed.positionals, io)
  const targets = [...new Set(given)]
  const { devices, catalogue } = await readDevices(parsed.values.get('device') ?? [])
  // Of several targets, one that is none fails by itself.
  if (targets.length === 1) parseTarget(targets[0] ?? '')
  const asked: Omit<CheckJob, 'target'> = {
    ...common,
    devices,
    anchors: await readAnchors(parsed.values.get('anchor')),
    verify: choice<VerifyMode>(parsed, 'verify', ['full', 'no-name', 'none'], 'full'),
    sni: one(parsed, 'sni'),
    connect: parseConnect(one(parsed, 'connect')),
    clientCredential: await readClientCredential(one(parsed, 'client-cert'), one(parsed, 'client-key')),
    headers: (parsed.values.get('header') ?? []).map(parseHeader),
    method: parseMethod(one(parsed, 'method')),
    byteLimit: parseCount(one(parsed, 'bytes')),
  }
  const jobs = targets.map((target) => ({ ...asked, target }))
  return { jobs, repeats: given.length - targets.length, catalogue, planRun: undefined }
}

/** Name of a header by RFC 9110 §5.6.2; the value may be a secret and is never repeated in an error. */
export function parseHeader(text: string, index: number): readonly [string, string] {
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(0, colon)).trim()
  const value = text.slice(colon + 1).trim()
  const which = `--header number ${index + 1}`
  if (colon < 0 || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
    throw usageError(
      'header-invalid',
      `${which} is not of the form 'Name: value'`,
      "write --header 'x-ms-version: 2021-08-06'",
      '--header',
    )
  }
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) {
    throw usageError(
      'header-invalid',
      `${which} (${name}) holds a control character`,
      'a header is one line',
      '--header',
    )
  }
  return [name, value]
}

export function parseConnect(text: string | undefined): CheckRequest['connect'] {
  if (text === undefined) return undefined
  const match = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:\s/]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  const host = match?.[1] ?? match?.[2]
  if (host === undefined || port < 1 || port > 65_535) {
    throw usageError(
      'connect-invalid',
      '--connect is not of the form HOST:PORT',
      'write --connect 192.0.2.7:443 or --connect [2001:db8::7]:443',
      '--connect',
    )
  }
  return { host, port }
}

const maxJobs = 1024

function parseJobs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const jobs = Number(text)
  if (/^\d{1,4}$/.test(text) && jobs >= 1 && jobs <= maxJobs) return jobs
  throw usageError('jobs-invalid', `--jobs is no number from 1 to ${maxJobs}`, 'write --jobs 32', '--jobs')
}

function parseMethod(text: string | undefined): string {
  if (text === undefined) return 'GET'
  if (/^[A-Za-z]{1,20}$/.test(text)) return text.toUpperCase()
  throw usageError(
    'method-invalid',
    '--method is no HTTP method',
    'write --method GET or --method HEAD',
    '--method',
  )
}

function parseCount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const count = Number(text.replaceAll('_', ''))
  if (/^[\d_]{1,16}$/.test(text) && Number.isSafeInteger(count)) return count
  throw usageError('bytes-invalid', '--bytes is no whole number of bytes', 'write --bytes 65536', '--bytes')
}

const defaultTimeoutSeconds = 10
const maxTimeoutSeconds = 3600

export function parseTimeout(text: string | undefined): number {
  const seconds = text === undefined ? defaultTimeoutSeconds : Number(text)
  if (
    (text !== undefined && !/^\d{1,4}(\.\d{1,3})?$/.test(text)) ||
    seconds <= 0 ||
    seconds > maxTimeoutSeconds
  ) {
    throw usageError(
      'timeout-invalid',
      '--timeout is no number of seconds from 0.001 to 3600',
      'write --timeout 10',
      '--timeout',
    )
  }
  return Math.round(seconds * 1000)
}
