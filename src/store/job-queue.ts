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
    await jobs.make(options.queues)
    return jobs
  }

  /** Outside of transactions, as at the start. */
  async make(queues: readonly string[]): Promise<void> {
    for (const queue of queues) await this.#boss.createQueue(queue)
  }

  /** In the transaction of `queries`, where given; to be taken after so many seconds. */
  async add<Data extends object>(
    queue: string,
    jobs: readonly Data[],
    queries?: Queries,
    afterSeconds = 0,
  ): Promise<void> {
    if (jobs.length === 0) return
    const startAfter = new Date(Date.now() + afterSeconds * 1_000).toISOString()
    const rows = jobs.map((data) => ({ name: queue, data, ...(afterSeconds > 0 && { startAfter }) }))
    await this.#boss.insert(rows, queries === undefined ? {} : { db: executorOf(queries) })
  }

  /** At most `count`, the oldest first; they are this worker's until they are done, given back, or expire. */
  async take<Data extends object>(queue: string, count: number): Promise<QueuedJob<Data>[]> {
    const jobs = await this.#boss.fetch<Data>(queue, { batchSize: count })
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
