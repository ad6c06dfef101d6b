import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from 'tsdown'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type AlertReceiver, alertReceiver } from '../../test/support/alert-receiver.ts'
import { deliveryBody, raisedAt, unreachable } from '../../test/support/alerts.ts'
import { freePort } from '../../test/support/peer-process.ts'
import { type Postgres, postgresServer } from '../../test/support/postgres.ts'
import { storeFolder } from '../../test/support/store-folder.ts'
import { openStore } from '../store/open-store.ts'

const root = resolve(import.meta.dirname, '../..')
const programs = postgresServer()
let server: Postgres | undefined
let built: string
let receiver: AlertReceiver
const started: ChildProcess[] = []

beforeAll(async () => {
  // Within the package: the store's thread and its migrations are looked for there.
  built = await mkdtemp(join(root, 'dist/killed-'))
  const entry = ['test/support/notifier-process.ts']
  await build({ entry, outDir: built, cwd: root, config: false, dts: false, clean: false, logLevel: 'error' })
  server = await programs?.start(await freePort())
}, 120_000)

afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  await receiver.stop()
})

afterAll(async () => {
  await server?.stop()
  await rm(built, { recursive: true, force: true })
})

function start(where: string): ChildProcess {
  const args = [join(built, 'notifier-process.mjs'), where, receiver.url]
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  started.push(child)
  return child
}

async function write(where: string, count: number): Promise<void> {
  const store = await openStore(where, new Date(raisedAt))
  for (let at = 0; at < count; at++) {
    const cause = `cause ${at}`
    const [row] = await store.query<{ id: number }>(
      `insert into alert (endpoint_id, cause, kind, severity, fleet_ids, device_count, condition, raised_at, updated_at)
       values ('ota', $1, 'unreachable', 'critical', '{}', 1, '{}', $2, $2) returning id`,
      [cause, new Date(raisedAt)],
    )
    const body = deliveryBody({ condition: unreachable({ cause }) })
    await store.query(
      `insert into delivery (alert_id, event, channel_id, body, due_at) values ($1, 'raise', 'ops', $2::jsonb, now())`,
      [row?.id ?? 0, JSON.stringify(body)],
    )
  }
  await store.close()
}

async function left(where: string): Promise<number> {
  const store = await openStore(where, new Date(raisedAt))
  const rows = await store.query('select id from delivery where delivered_at is null')
  await store.close()
  return rows.length
}

describe.for(['embedded', 'postgres'] as const)('a process killed while it tells, %s', {
  timeout: 120_000,
}, (kind) => {
  const run = test.skipIf(kind === 'postgres' && programs === undefined)

  run('between sending and marking: the message comes again with the same id and body', async () => {
    receiver = await alertReceiver()
    const where = await store(kind)
    await write(where, 1)
    receiver.answer('stall')
    const first = start(where)
    const sent = await receiver.next()
    const ended = once(first, 'exit')
    first.kill('SIGKILL')
    await ended

    const second = start(where)
    const again = await receiver.next()
    expect(again.headers['webhook-id']).toBe(sent.headers['webhook-id'])
    expect(again.body).toBe(sent.body)
    const stopped = once(second, 'exit')
    second.stdin?.end()
    expect(await stopped).toEqual([0, null])
    expect(await left(where)).toBe(0)
    expect(receiver.received).toHaveLength(2)
  })

  run('again and again: each message comes, and what comes twice is known by its id', async () => {
    receiver = await alertReceiver()
    const where = await store(kind)
    const count = 30
    // An embedded store takes seconds to open again.
    const kills = kind === 'embedded' ? 2 : 8
    await write(where, count)
    const ids = () => new Set(receiver.received.map(({ headers }) => headers['webhook-id']))
    for (let killed = 0; killed < kills; killed++) {
      const child = start(where)
      for (let taken = 0; taken < 3 && ids().size < count; taken++) await receiver.next()
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
    const last = start(where)
    while (ids().size < count) await receiver.next()
    const stopped = once(last, 'exit')
    last.stdin?.end()
    await stopped
    expect(ids().size).toBe(count)
    const bodies = new Set(receiver.received.map(({ body }) => body))
    expect(bodies.size).toBe(count)
    // At most the one that was being told at each kill.
    expect(receiver.received.length).toBeLessThanOrEqual(count + kills)
    expect(await left(where)).toBe(0)
  })

  async function store(of: typeof kind): Promise<string> {
    if (of === 'embedded') return storeFolder()
    return server?.createDatabase(`killed_${started.length}_${receiver.port}`) ?? ''
  }
})
