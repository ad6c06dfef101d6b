import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { defaultOptions } from '../api/api-context.ts'
import { type ApiServer, listenApi } from '../api/listen-api.ts'
import { LiveViews } from '../api/views/live-views.ts'
import type { SecretReference } from '../fleet/watch-config.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { packageRoot, packageVersion } from '../io/data-folder.ts'
import { openKnownRoots } from '../io/root-files.ts'
import { formatCount } from '../report/units.ts'
import { type Database, mayPass, SqlError, storeFailed } from '../store/database.ts'
import { openStore } from '../store/open-store.ts'
import { openChannelSecrets } from '../store/rows/channels.ts'
import { openCredential } from '../store/rows/credentials.ts'
import { openSealingKey, type SealingKey } from '../store/sealed-credentials.ts'
import { loadWatch } from '../watch/load-watch.ts'
import { WatchService } from '../watch/watch-service.ts'
import { exitCodes, usageError } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'
import type { Command } from './command.ts'
import { errorOf } from './error-report.ts'
import { one } from './option-values.ts'
import { interrupted, portOf, stateFolder } from './service.ts'
import { accessArgs, accessOptions, firstToken, signInOf } from './watch-access.ts'
import { LogLines } from './watch-log-lines.ts'
import { wholeNumber } from './watch-options.ts'

const DEFAULT_PORT = 7330
const RELOAD_MS = 1_000

/** `tlsfit watch [CONFIG]`: watches endpoints and serves the dashboard, until it is told to end. */
export const watchCommand: Command = {
  args: {
    config: { type: 'positional', description: 'watch.yaml; without it all is edited in the dashboard' },
    store: {
      type: 'string',
      valueHint: 'WHERE',
      description: 'a folder, or postgres://user@host/name; $XDG_STATE_HOME/tlsfit/watch is the default',
    },
    host: { type: 'string', valueHint: 'ADDRESS', description: 'listen there; 127.0.0.1 is the default' },
    port: { type: 'string', valueHint: 'N', description: `of the dashboard; ${DEFAULT_PORT} is the default` },
    vantage: {
      type: 'string',
      valueHint: 'NAME|none',
      description: 'probe from here under this name; local is the default, none leaves it to workers',
    },
    jobs: {
      type: 'string',
      valueHint: 'N',
      description: 'endpoints looked at side by side; 256 is the default, at most 4 of one host',
    },
    lease: {
      type: 'string',
      valueHint: 'S',
      description: 'seconds after which the job of a silent worker is given to another; 60 is the default',
    },
    ...accessArgs,
    check: {
      type: 'boolean',
      description: 'read CONFIG and all that it names, say whether it holds, and end',
    },
  },
  run: async ({ io, parsed }) => {
    const [file] = parsed.positionals
    const host = one(parsed, 'host') ?? '127.0.0.1'
    const port = one(parsed, 'port') === undefined ? DEFAULT_PORT : portOf(parsed)
    const vantage = one(parsed, 'vantage') ?? 'local'
    const sideBySide = wholeNumber(parsed, 'jobs', 1, 1_024)
    const leaseSeconds = wholeNumber(parsed, 'lease', 6, 3_600)
    const data = { catalogue: openCatalogue(), knownRoots: openKnownRoots() }
    const config = file === undefined ? undefined : await loadWatch(file, data)
    if (parsed.flags.has('check')) {
      if (config === undefined) {
        throw usageError('config-missing', '--check needs a CONFIG', 'write tlsfit watch watch.yaml --check')
      }
      const { endpoints, fleets } = config
      const counts = [formatCount(endpoints.length, 'endpoint'), formatCount(fleets.length, 'fleet')]
      io.stderr.write(`${file} holds: ${counts.join(', ')}\n`)
      return exitCodes.done
    }
    const log = new LogLines(io)
    const key = openSealingKey(one(parsed, 'key-file'), io.env)
    const access = accessOptions(parsed, host, config?.access)
    const database = await openStore(one(parsed, 'store') ?? stateFolder(io, 'watch'), io.now())
    try {
      const service = await WatchService.open({
        ...{ ...data, database, log, sideBySide, leaseSeconds, now: io.now, env: io.env },
        ...{ version: packageVersion(), plans: true, link: config?.access?.publicUrl ?? urlOf(host, port) },
        vantage: vantage === 'none' ? undefined : vantage,
        privateTargets: access.privateTargets,
        credential: key && ((name) => openCredential(database, key, name)),
        channelSecrets: key && ((id) => openChannelSecrets(database, key, id)),
      })
      const views = new LiveViews(io.now)
      return await serve({ service, database, data, file, config, host, port, log, access, key, views }, io)
    } catch (error) {
      throw storeFailed(error)
    } finally {
      await database.close()
    }
  },
}

interface Serving {
  readonly service: WatchService
  readonly database: Database
  readonly data: {
    catalogue: ReturnType<typeof openCatalogue>
    knownRoots: ReturnType<typeof openKnownRoots>
  }
  readonly file: string | undefined
  readonly config: Awaited<ReturnType<typeof loadWatch>> | undefined
  readonly host: string
  readonly port: number
  readonly log: LogLines
  readonly access: ReturnType<typeof accessOptions>
  readonly key: SealingKey | undefined
  readonly views: LiveViews
}

async function serve(serving: Serving, io: CliIo): Promise<number> {
  const { service, database, file, config, log, views } = serving
  let api: ApiServer | undefined
  let timer: NodeJS.Timeout | undefined
  const ended = interrupted()
  try {
    await service.reclaim()
    api = await dashboard(serving, io)
    if (config !== undefined) {
      const { endpoints } = config
      const { removed } = await service.sync(config)
      views.set(config.views)
      await service.watchLogs(config.transparency)
      log.note('config read', { file, endpoints: endpoints.length, removed: removed.length })
    }
    service.start()
    log.note('watching', { store: database.place, dashboard: api.url })
    if (file !== undefined) timer = reloading(file, serving)
    await ended
    log.note('ending')
    return exitCodes.interrupted
  } finally {
    clearInterval(timer)
    await service.stop()
    await api?.close()
    log.note('ended')
  }
}

async function dashboard(serving: Serving, io: CliIo): Promise<ApiServer> {
  const { service, database, data, config, views, host, port, log, access, key } = serving
  const web = join(packageRoot(), 'dist/web')
  const options = { ...defaultOptions, ...access, webFolder: existsSync(web) ? web : undefined }
  const onFault = (error: unknown) =>
    log.note('api failed', { error: error instanceof Error ? error.message : String(error) })
  const deps = {
    ...data,
    database,
    views,
    now: io.now,
    version: packageVersion(),
    watch: service,
    options,
    onFault,
  }
  const openSecret = (reference: SecretReference) => service.openSecret(reference)
  const signIn = signInOf(config?.access ?? {}, urlOf(host, port), openSecret, io.now)
  const api = await listenApi({ ...deps, sealingKey: key, signIn }, host, port)
  await firstToken(database, options.login, io, config?.access?.oidc)
  return api
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

type Reloaded = Pick<Serving, 'data' | 'config' | 'views'> & {
  readonly service: Pick<WatchService, 'sync' | 'watchLogs'>
  readonly log: Pick<LogLines, 'note'>
}

/** A file that is changed is read again; one with a fault changes nothing, and is told once. */
export function reloading(file: string, { service, data, config, log, views }: Reloaded): NodeJS.Timeout {
  let stamp = stampOf(file)
  let busy = false
  const reload = async (): Promise<void> => {
    const now = stampOf(file)
    if (busy || now === stamp || now === undefined) return
    busy = true
    stamp = now
    try {
      const read = await loadWatch(file, data)
      const synced = await service.sync(read)
      views.set(read.views)
      await service.watchLogs(read.transparency)
      if (JSON.stringify(read.access) !== JSON.stringify(config?.access)) {
        log.note('access changed', { hint: 'it holds from the next start on' })
      }
      log.note('config read', {
        ...{ file, changed: synced.endpoints.length + synced.fleets.length },
        removed: synced.removed.length,
      })
    } catch (error) {
      // The file is as good as it was: it is read again until the store takes it.
      if (error instanceof SqlError && mayPass(error)) stamp = ''
      const { message, hint } = errorOf(storeFailed(error))
      log.note('config refused', { error: message, hint })
    } finally {
      busy = false
    }
  }
  process.on('SIGHUP', () => {
    stamp = ''
    void reload()
  })
  return setInterval(() => void reload(), RELOAD_MS)
}

function stampOf(file: string): string | undefined {
  try {
    const { mtimeMs, size, ino } = statSync(file)
    return `${mtimeMs} ${size} ${ino}`
  } catch {
    // Between two writes of an editor.
    return undefined
  }
}
