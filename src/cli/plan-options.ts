import { join } from 'node:path'
import type { Catalogue } from '../device/catalogue.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import type { CheckJob } from '../io/check-request.ts'
import { findPlan, planName } from '../io/find-plan.ts'
import { readInput } from '../io/input-file.ts'
import { parsePlan } from '../plan/parse-plan.ts'
import { escapeText } from '../report/escape.ts'
import type { ParsedArguments } from './arguments.ts'
import { usageError } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'
import { readDevices } from './device-option.ts'
import { one } from './option-values.ts'
import { planJobs } from './plan-jobs.ts'
import { PlanRun } from './plan-run.ts'

/** What a plan asks for, in place of targets on the command line. */
export interface PlannedCheck {
  readonly jobs: readonly CheckJob[]
  readonly repeats: number
  readonly catalogue: Catalogue
  /** The run before, and how this one is compared; undefined where other devices look than the plan's. */
  readonly planRun: PlanRun | undefined
}

/** Of the command line, and not of the plan: it would change what is compared. */
const ofPlan = [
  'anchor',
  'client-cert',
  'client-key',
  'verify',
  'sni',
  'connect',
  'header',
  'method',
  'bytes',
]
const keyOf: { readonly [option: string]: string } = { anchor: 'anchors', header: 'headers' }

/** The path of the plan that `--file` names, or that lies here where no target is given; undefined for none. */
export async function planPath(parsed: ParsedArguments, io: CliIo): Promise<string | undefined> {
  const file = one(parsed, 'file')
  if (file === undefined && parsed.positionals.length > 0) return undefined
  if (file === undefined) {
    const found = await findPlan(io.folder ?? '.')
    return found === undefined || io.folder === undefined ? found : join(io.folder, found)
  }
  if (parsed.positionals.length === 0) return file
  const mend = 'keep one: the targets stand in the file, or on the command line'
  throw usageError('targets-twice', 'targets are given beside --file', mend, '--file')
}

/** Throws `CliError`, `DataFileError`, `InputError`: nothing was dialled by then. */
export async function readPlannedCheck(
  file: string,
  parsed: ParsedArguments,
  io: CliIo,
  common: Pick<CheckJob, 'sendSecrets' | 'compareSni'> & {
    readonly timeoutMs: number | undefined
    readonly quiet: boolean
  },
): Promise<PlannedCheck> {
  const shown = escapeText(file, { maxChars: 200 })
  const named = ofPlan.find((option) => parsed.values.has(option))
  if (named !== undefined) {
    const mend = `write ${keyOf[named] ?? named}: in ${shown}, or give the target on the command line`
    throw usageError('option-of-plan', `--${named} cannot stand beside the plan ${shown}`, mend, `--${named}`)
  }
  const catalogue = openCatalogue()
  const text = Buffer.from(await readInput(file, 'a plan (YAML): devices and targets')).toString('utf8')
  const plan = parsePlan(text, file, catalogue)
  const asked = parsed.values.get('device')
  const devices = asked === undefined ? undefined : (await readDevices(asked)).devices
  const { sendSecrets, timeoutMs, compareSni, quiet } = common
  const jobs = await planJobs(plan, {
    ...{ catalogue, devices, sendSecrets, timeoutMs },
    compareSni: compareSni === true,
    env: io.env,
  })
  if (devices !== undefined) {
    io.stderr.write(`note: --device in place of the devices of ${shown}: nothing is compared or kept\n`)
    return { jobs, repeats: 0, catalogue, planRun: undefined }
  }
  if (one(parsed, 'file') === undefined && !quiet)
    io.stderr.write(`note: targets and devices from ${shown}\n`)
  const planRun = await PlanRun.open(plan, {
    baseline: one(parsed, 'baseline'),
    update: parsed.flags.has('update-baseline'),
    keep: one(parsed, 'time') === undefined,
    now: io.now(),
  })
  return { jobs, repeats: 0, catalogue, planRun }
}

/** Options of a plan's run, where there is no plan. */
export function refusePlanOptions(parsed: ParsedArguments): void {
  const option = parsed.values.has('baseline')
    ? '--baseline'
    : parsed.flags.has('update-baseline')
      ? '--update-baseline'
      : undefined
  if (option === undefined) return
  const mend = `write the targets into a ${planName}, or name one: --file FILE`
  throw usageError('plan-missing', `${option} compares runs of a plan, and there is none`, mend, option)
}
