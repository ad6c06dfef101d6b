import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import { GatewayControl } from '../gateway/control.ts'
import { LocalPlane } from '../gateway/data-plane.ts'
import { type GatewayConfig, parseGatewayConfig } from '../gateway/gateway-config.ts'
import type { GatewayLog } from '../gateway/gateway-log.ts'
import { orderByAcme } from '../gateway/identities/acme.ts'
import { AdmissionError, type LoadedPlan, loadPlan } from '../gateway/load-plan.ts'
import { jsonLine, type LogFormat, logTo, textLine } from '../gateway/log-writer.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { openKnownRoots } from '../io/root-files.ts'
import { formatText } from '../report/text.ts'
import { CliError, exitCodes, usageError } from './cli-error.ts'
import { type CliIo, pageOptions } from './cli-io.ts'
import type { Command } from './command.ts'
import { exitCodeOf } from './exit-code.ts'

/** Downloads at hand may end; a restart should not take longer than a service manager waits. */
const GRACE_MS = 20_000

/** `tlsfit gateway CONFIG.yaml`: serves until it is told to end. */
export const gatewayCommand: Command = {
  args: {
    config: { type: 'positional', description: 'gateway.yaml' },
    check: {
      type: 'boolean',
      description: 'read it all, ask the judge, say what came of it, and serve nothing',
    },
  },
  run: async ({ io, parsed }) => {
    const [file] = parsed.positionals
    if (cluster.isWorker) return work(file ?? '', io)
    // How logs are written is known when the configuration is.
    let log: GatewayLog = ({ message }) => io.stderr.write(`${message}\n`)
    const events: GatewayLog = (event) => log(event)
    if (file === undefined) {
      throw usageError(
        'config-missing',
        'no configuration given',
        'write tlsfit gateway gateway.yaml; docs/gateway.md has examples',
      )
    }
    const loading = {
      order: orderByAcme((listener, message) =>
        events({ level: 'warn', what: 'certificate', listener, message }),
      ),
      catalogue: openCatalogue(),
      knownRoots: openKnownRoots(),
    }
    const loaded = await load(file, loading, io)
    if (loaded === undefined) return exitCodes.blocked
    if (parsed.flags.has('check')) return tell(loaded, io)
    log = logTo((line) => io.stdout.write(line), formatOf(loaded.config, io))
    return serve(file, loaded, loading, io, events)
  },
}

type Loading = Omit<Parameters<typeof loadPlan>[1], 'now'>

/** Undefined where named devices would be blocked: what they meet is printed as `check` prints it. */
async function load(file: string, loading: Loading, io: CliIo): Promise<LoadedPlan | undefined> {
  try {
    return await loadPlan(file, { ...loading, now: io.now() })
  } catch (error) {
    if (!(error instanceof AdmissionError)) throw systemFault(error)
    io.stderr.write(verdictText(error.verdicts, io))
    io.stderr.write(`error: not started: ${error.message}\nhint: ${error.hint}\n`)
    return undefined
  }
}

function tell({ admissions, risks }: LoadedPlan, io: CliIo): number {
  const verdicts = admissions.flatMap((admission) => admission.verdicts)
  if (verdicts.length > 0) io.stdout.write(verdictText(verdicts, io))
  for (const risk of risks) io.stderr.write(`risk: ${risk}\n`)
  io.stderr.write(
    verdicts.length === 0
      ? 'the configuration can be served; it names no devices to ask the judge for\n'
      : 'the configuration can be served\n',
  )
  return exitCodeOf(verdicts, false)
}

function verdictText(verdicts: Parameters<typeof formatText>[0], io: CliIo): string {
  return formatText(verdicts, pageOptions(io))
}

async function serve(
  file: string,
  loaded: LoadedPlan,
  loading: Loading,
  io: CliIo,
  log: GatewayLog,
): Promise<number> {
  let control: GatewayControl
  try {
    control = await GatewayControl.start(loaded, {
      ...loading,
      file,
      log,
      now: io.now,
      openPlane: async (plan, { workers }, keys) => {
        const count = workers === 'auto' ? availableParallelism() : workers
        if (count === 1) return LocalPlane.open(plan, log, keys)
        const { WorkerPlane } = await import('../gateway/workers/worker-plane.ts')
        const exec = process.argv[1] ?? ''
        return WorkerPlane.open(plan, log, keys, { count, exec, args: ['gateway', file] })
      },
    })
  } catch (error) {
    throw cannotListen(systemFault(error))
  }
  const reload = () => void control.reload()
  process.on('SIGHUP', reload)
  await ended()
  process.off('SIGHUP', reload)
  await Promise.race([control.stop(GRACE_MS), ended()])
  return exitCodes.interrupted
}

/** One of several processes, told what to do by the first. */
async function work(file: string, io: CliIo): Promise<number> {
  const { runWorker } = await import('../gateway/workers/worker-process.ts')
  await runWorker((number, text) =>
    logTo((line) => io.stdout.write(line), formatOf(parseGatewayConfig(text, file), io), number),
  )
  return exitCodes.done
}

/** Text on a terminal, where nothing else was asked for. */
function formatOf({ operations }: GatewayConfig, io: CliIo): LogFormat {
  return (operations?.log ?? (io.stdout.isTTY ? 'text' : 'json')) === 'json' ? jsonLine : textLine
}

/** A second signal ends it at once. */
function ended(): Promise<void> {
  return new Promise((done) => {
    process.once('SIGINT', () => done())
    process.once('SIGTERM', () => done())
  })
}

/** A folder that cannot be made or written is no fault of the program. */
function systemFault(error: unknown): unknown {
  const { code, path, syscall } = (error instanceof Error ? error : {}) as NodeJS.ErrnoException
  if (code === undefined || path === undefined || syscall === 'listen') return error
  return new CliError(exitCodes.unreadable, 'file-unusable', `${path} cannot be used (${syscall}: ${code})`, {
    hint: 'state and cache need folders that this user may write',
    at: path,
  })
}

function cannotListen(error: unknown): unknown {
  const { code, address, port, hostname } = (error instanceof Error ? error : {}) as {
    code?: string
    address?: string
    port?: number
    hostname?: string
  }
  if (
    code === undefined ||
    !/^E(ACCES|ADDRINUSE|ADDRNOTAVAIL|AFNOSUPPORT|INVAL|NOTFOUND|AI_AGAIN)$/.test(code)
  )
    return error
  const hint =
    code === 'EACCES'
      ? 'ports below 1024 need CAP_NET_BIND_SERVICE; deploy/tlsfit-gateway.service gives it'
      : code === 'EADDRINUSE'
        ? 'something else listens there: ss -ltnp'
        : 'name an address of this machine, or 0.0.0.0 and [::]'
  return new CliError(
    exitCodes.unreadable,
    'cannot-listen',
    `cannot listen on ${hostname ?? `${address ?? 'an address'}:${port ?? ''}`} (${code})`,
    { hint },
  )
}
