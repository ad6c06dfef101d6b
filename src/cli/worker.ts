import { openCatalogue } from '../io/catalogue-files.ts'
import { packageVersion } from '../io/data-folder.ts'
import { openKnownRoots } from '../io/root-files.ts'
import { storeFailed } from '../store/database.ts'
import { openStore } from '../store/open-store.ts'
import { openCredential } from '../store/rows/credentials.ts'
import { openSealingKey } from '../store/sealed-credentials.ts'
import { WatchService } from '../watch/watch-service.ts'
import { exitCodes, usageError } from './cli-error.ts'
import type { Command } from './command.ts'
import { one } from './option-values.ts'
import { interrupted } from './service.ts'
import { accessArgs } from './watch-access.ts'
import { LogLines } from './watch-log-lines.ts'
import { wholeNumber } from './watch-options.ts'

/** `tlsfit worker --store URL`: probes what `tlsfit watch` plans, until it is told to end. */
export const workerCommand: Command = {
  args: {
    'allow-private': accessArgs['allow-private'],
    'key-file': accessArgs['key-file'],
    store: {
      type: 'string',
      valueHint: 'URL',
      description: 'postgres://user@host:5432/name, that of tlsfit watch',
    },
    vantage: {
      type: 'string',
      valueHint: 'NAME',
      description: 'whose jobs are done here, as watch.yaml names it; local is the default',
    },
    jobs: {
      type: 'string',
      valueHint: 'N',
      description: 'endpoints looked at side by side; 256 is the default, at most 4 of one host',
    },
  },
  run: async ({ io, parsed }) => {
    const where = one(parsed, 'store')
    if (where === undefined || !/^postgres(ql)?:/.test(where)) {
      throw usageError(
        'store-missing',
        where === undefined ? 'a worker needs the store of its watch' : 'a folder is a store for one process',
        'write --store postgres://user@host:5432/name; tlsfit store copy moves a folder to PostgreSQL',
        '--store',
      )
    }
    const sideBySide = wholeNumber(parsed, 'jobs', 1, 1_024)
    const log = new LogLines(io)
    const ended = interrupted()
    const key = openSealingKey(one(parsed, 'key-file'), io.env)
    const database = await openStore(where, io.now())
    try {
      const vantage = one(parsed, 'vantage') ?? 'local'
      const service = await WatchService.open({
        privateTargets: parsed.flags.has('allow-private'),
        credential: key && ((name) => openCredential(database, key, name)),
        ...{ database, log, sideBySide, vantage, now: io.now, env: io.env, plans: false },
        ...{ catalogue: openCatalogue(), knownRoots: openKnownRoots(), version: packageVersion() },
      })
      service.start()
      log.note('working', { vantage, store: database.place })
      await ended
      await service.stop()
      log.note('ended', { probes: service.counters.read().committed })
      return exitCodes.interrupted
    } catch (error) {
      throw storeFailed(error)
    } finally {
      await database.close()
    }
  },
}
