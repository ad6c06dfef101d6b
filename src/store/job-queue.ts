import { createHash } from 'node:crypto'
import PgBoss from 'pg-boss'
import type { Database, Queries } from './database.ts'

export interface QueueOptions {
  /** Their names: made here, since a transaction of an embedded store would wait for itself. */
  readonly queues: readonly string[]
  /** A job whose worker says nothing for so long is given to another. */
  readonly expireSeconds: number
  /** Looks for such jobs, and clears what is done, that often; undefined: leaves it to other processes. */
  readonly maintenanceSeconds: number | undefined
  readonly onError: (error: Error) => void
}

/** A job to do. */
export interface QueuedJob<Data> {
  readonly id: string
  readonly data: Data
}

interface AddOptions<Data> {
  readonly afterSeconds?: number
  readonly nameOf?: (data: Data) => string
}

/** What was done is of no use for long: results stand in tables of their own. */
const KEEP_DONE_SECONDS = 3_600
const RETRIES = 1_000

/** Jobs in the store, by pg-boss: taken by one worker at a time, done in the same transaction as what they came to. */
export class JobQueue {
  readonly #boss: PgBoss
  readonly #database: Database

  private constructor(boss: PgBoss, database: Database) {
    this.#boss = boss
    this.#database = database
  }

  static async open(database: Database, options: QueueOptions): Promise<JobQueue> {
    const supervise = options.maintenanceSeconds !== undefined
    const boss = new PgBoss({
      db: executorOf(database),
      supervise,
      ...(supervise && { maintenanceIntervalSeconds: options.maintenanceSeconds }),
      schedule: false,
      expireInSeconds: options.expireSeconds,
      retryLimit: RETRIES,
      archiveCompletedAfterSeconds: KEEP_DONE_SECONDS,
      archiveFailedAfterSeconds: KEEP_DONE_SECONDS,
      deleteAfterSeconds: KEEP_DONE_SECONDS,
    })
    boss.on('error', options.onError)
    await boss.start()
    const jobs = new JobQueue(boss, database)
    try {
      await jobs.make(options.queues)
      return jobs
    } catch (error) {
      await jobs.close()
      throw error
    }
  }

  /** Outside of transactions, as at the start. */
  async make(queues: readonly string[]): Promise<void> {
    for (const queue of queues) await this.#boss.createQueue(queue)
  }

  /**
   * In the transaction of `queries`, where given; to be taken after so many seconds. What is the same job, by what `nameOf` says,
   * is one, also for an hour after it was done.
   */
  async add<Data extends object>(
    queue: string,
    jobs: readonly Data[],
    queries?: Queries,
    { afterSeconds = 0, nameOf }: AddOptions<Data> = {},
  ): Promise<void> {
    if (jobs.length === 0) return
    const startAfter = new Date(Date.now() + afterSeconds * 1_000).toISOString()
    const rows = jobs.map((data) => ({
      ...{ name: queue, data },
      ...(afterSeconds > 0 && { startAfter }),
      ...(nameOf !== undefined && { id: uuidOf(nameOf(data)) }),
    }))
    await this.#boss.insert(rows, queries === undefined ? {} : { db: executorOf(queries) })
  }

  /** At most `count`, the oldest first; they are this worker's until they are done, given back, or expire. */
  async take<Data extends object>(queue: string, count: number): Promise<QueuedJob<Data>[]> {
    // pg-boss 10.4 takes whatever the store refuses here for a job that another has: it would be told to nobody.
    const failed: unknown[] = []
    const own = executorOf(this.#database)
    const db: PgBoss.Db = {
      executeSql: (text, values) => {
        const asked = own.executeSql(text, values)
        asked.catch((error) => failed.push(error))
        return asked
      },
    }
    const jobs = await this.#boss.fetch<Data>(queue, { batchSize: count, db })
    if (failed.length > 0) throw failed[0]
    return jobs.map(({ id, data }) => ({ id, data }))
  }

  /** Done: commits with what `queries` wrote. */
  async complete(queue: string, ids: readonly string[], queries: Queries): Promise<void> {
    if (ids.length > 0) await this.#many.complete(queue, ids, undefined, { db: executorOf(queries) })
  }

  /**
   * Still being worked on: the time in which a worker must say something begins anew. Not for those that are being completed just
   * now: who completes several and who keeps several would come to wait for each other.
   */
  async keep(queue: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    await this.#database.query(
      `update pgboss.job set started_on = now() where name = $1 and id in (select id from pgboss.job
         where name = $1 and id = any($2::uuid[]) and state = 'active' for no key update skip locked)`,
      [queue, ids],
    )
  }

  /** Not done: somebody may take it again. */
  async giveBack(queue: string, ids: readonly string[], why: string): Promise<void> {
    if (ids.length > 0) await this.#many.fail(queue, ids, { why }, {})
  }

  /** All that is under way is given back: where no other process can be at work. */
  async reclaimAll(): Promise<void> {
    await this.#database.query(
      `update pgboss.job set state = 'retry', started_on = null where state = 'active'`,
    )
  }

  /** Jobs that nobody has taken. */
  async waiting(queue: string): Promise<number> {
    return this.#boss.getQueueSize(queue)
  }

  /** Its types leave out what it takes: a list of jobs together with data and a connection. */
  get #many(): ManyJobs {
    return this.#boss as unknown as ManyJobs
  }

  async close(): Promise<void> {
    // Who holds jobs has to end first; the store is closed by whoever opened it.
    await this.#boss.stop({ graceful: false, close: false })
  }
}

interface ManyJobs {
  complete(
    name: string,
    ids: readonly string[],
    data: undefined,
    options: PgBoss.ConnectionOptions,
  ): Promise<void>
  fail(name: string, ids: readonly string[], data: object, options: PgBoss.ConnectionOptions): Promise<void>
}

/** Made of a name: RFC 9562 §5.8. */
function uuidOf(name: string): string {
  const bytes = createHash('sha256').update(name).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** pg-boss sends statements with values, or several of them without. */
function executorOf(queries: Queries): PgBoss.Db {
  return {
    executeSql: async (text, values) => ({
      rows:
        values === undefined || values.length === 0
          ? await queries.script(text)
          : await queries.query(text, values),
    }),
  }
}
