import pg from 'pg'

/** How long a call is waited for before the server is asked of it, and how long for what it says then. */
export interface Patience {
  readonly unansweredMs: number
  readonly askMs: number
}

export const defaultPatience: Patience = { unansweredMs: 10_000, askMs: 10_000 }

/** That of the system where TCP gives up. */
export const noAnswer = 'ETIMEDOUT'

/** Nobody works on the call: the server says nothing, or has nothing under way on that connection. */
class NoAnswerError extends Error {
  readonly code = noAnswer

  constructor(waitedMs: number) {
    super(`no answer within ${Math.round(waitedMs / 1_000)} s`)
    this.name = 'NoAnswerError'
  }
}

/** Found idle twice: the first time its answer may have been on the way. */
const IDLE_LOOKS = 2

/**
 * Gives what `asked` of `client` comes to. A call that takes its time is waited for as long as the server, asked on a connection of
 * its own, works on it, be it days; one that nobody works on ends with its connection. Throws `NoAnswerError`, or what `asked` throws.
 */
export async function answered<T>(
  client: pg.PoolClient,
  asked: Promise<T>,
  config: pg.ClientConfig,
  { unansweredMs, askMs }: Patience,
): Promise<T> {
  const startedMs = performance.now()
  let timer: NodeJS.Timeout | undefined
  let idleLooks = 0
  let isAnswered = false
  let givenUp: NoAnswerError | undefined
  const look = async () => {
    const work = await workOn(pidOf(client), config, askMs)
    if (isAnswered) return
    idleLooks = work === 'idle' ? idleLooks + 1 : 0
    if (work === 'busy' || (work === 'idle' && idleLooks < IDLE_LOOKS)) {
      timer = setTimeout(look, unansweredMs)
      return
    }
    givenUp = new NoAnswerError(performance.now() - startedMs)
    // With a call under way it closes the socket at once.
    void (client as pg.PoolClient & pg.Client).end()
  }
  timer = setTimeout(look, unansweredMs)
  try {
    return await asked
  } catch (error) {
    throw givenUp ?? error
  } finally {
    isAnswered = true
    clearTimeout(timer)
  }
}

/** Of the server's process; told at the start of a connection, PostgreSQL 15 §55.7 BackendKeyData. */
function pidOf(client: pg.ClientBase): number {
  return (client as pg.ClientBase & { readonly processID: number | null }).processID ?? 0
}

/**
 * What the server says of its process `pid`. Behind a pooler, whose numbers are its own, an answer of the server is all that is to
 * be had, and counts as work.
 */
async function workOn(
  pid: number,
  config: pg.ClientConfig,
  askMs: number,
): Promise<'busy' | 'idle' | 'silent'> {
  const client = new pg.Client({ ...config, connectionTimeoutMillis: askMs, query_timeout: askMs })
  // What becomes of it is told by the calls below.
  client.on('error', () => {})
  try {
    await client.connect()
    // State of a call that waits for a lock: active. PostgreSQL 15 §28.2.3.
    const { rows } = await client.query<{ own: number; state: string | null }>(
      'select pg_backend_pid() as own, (select state from pg_stat_activity where pid = $1) as state',
      [pid],
    )
    const [row] = rows
    if (row?.own !== pidOf(client)) return 'busy'
    return row.state === null || row.state.startsWith('idle') ? 'idle' : 'busy'
  } catch (error) {
    // It has no connection left to ask on (too_many_connections), and says so: it is not silent.
    return (error as { code?: string }).code === '53300' ? 'busy' : 'silent'
  } finally {
    void client.end().catch(() => {})
  }
}
