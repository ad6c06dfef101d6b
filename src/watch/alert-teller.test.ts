import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type AlertReceiver, alertReceiver } from '../../test/support/alert-receiver.ts'
import { deliveryBody, raisedAt } from '../../test/support/alerts.ts'
import { storeFolder } from '../../test/support/store-folder.ts'
import type { Channel } from '../fleet/watch-config.ts'
import type { Database } from '../store/database.ts'
import { openStore } from '../store/open-store.ts'
import {
  openChannelSecrets,
  putApiChannel,
  putChannels,
  removeApiChannel,
  sealChannelSecrets,
} from '../store/rows/channels.ts'
import { SealingKey } from '../store/sealed-credentials.ts'
import { AlertTeller } from './alert-teller.ts'
import type { NotifierOptions } from './notifier.ts'
import { secretOpener } from './open-secret.ts'

const now = new Date('2026-11-21T12:00:00Z')
const key = new SealingKey('ab'.repeat(32))
const parts = { name: 'Ops', from: 'info' } as const
let folder: string
let database: Database
let receiver: AlertReceiver

beforeAll(async () => {
  folder = await storeFolder()
  database = await openStore(folder, now)
}, 60_000)
afterAll(async () => {
  await database?.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  await database.script('truncate channel, alert cascade')
  receiver = await alertReceiver()
})
afterEach(() => receiver.stop())

const teller = (privateTargets = false, notifier: Partial<NotifierOptions> = {}) =>
  new AlertTeller({
    ...{ database, privateTargets, notifier, link: undefined, now: () => now },
    openSecret: secretOpener({ env: { SECRET: 'of the machine' }, credential: async () => undefined }),
    channelSecrets: (id) => openChannelSecrets(database, key, id),
    onError: (error) => {
      throw error
    },
  })
const byApi = (channel: Channel, secrets: Record<string, string>) =>
  putApiChannel(database, channel, sealChannelSecrets(key, channel.id, secrets), now)
const hook = (id: string): Channel => ({ ...parts, id, kind: 'webhook', url: { credential: 'url' } })

describe('a channel of the API', () => {
  test('leads to no address of this machine or network, as one of the file does', async () => {
    await putChannels(database, [{ ...parts, id: 'file', kind: 'webhook', url: receiver.url }], 'file', now)
    expect(await teller().test('file')).toEqual({ ok: true })
    const refused = 'its address is private, and messages may not go there'
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433']) {
      await byApi(hook('api'), { url: `http://${host}:${receiver.port}/` })
      expect([host, await teller().test('api')]).toEqual([host, { ok: false, error: refused }])
    }
    expect(receiver.received).toHaveLength(1)
    expect(await teller(true).test('api')).toEqual({ ok: true })
  })

  test('sends no mail to a server of this network, however its name is written', async () => {
    let connections = 0
    const server = createServer((socket) => {
      connections++
      socket.destroy()
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as { port: number }
    const mail = { ...parts, id: 'mail', kind: 'email', sender: 'a@b.example', to: ['c@d.example'] } as const
    for (const host of ['127.0.0.1', 'localhost', '0x7f.1', '[::1]']) {
      await putApiChannel(database, { ...mail, server: `smtp://${host}:${port}` }, null, now)
      const outcome = await teller().test('mail')
      expect([host, outcome.error]).toEqual([host, 'its address is private, and messages may not go there'])
    }
    expect(connections).toBe(0)
    server.close()
  })

  test('has its own secrets alone: no variable, file or credential of the machine', async () => {
    for (const url of [{ env: 'SECRET' }, { file: '/etc/hostname' }, { credential: '__proto__' }]) {
      await byApi({ ...hook('api'), url } as Channel, { key: 'k' })
      const { ok, error } = await teller(true).test('api')
      expect(ok).toBe(false)
      expect(error).toMatch(
        /^a channel of the API has secrets of its own alone$|^its __proto__ is not there$/,
      )
    }
  })

  test('opens under no other id, and loses its secrets when it is taken out', async () => {
    await byApi(hook('one'), { url: receiver.url })
    await byApi(hook('two'), { url: receiver.url })
    await database.query(`update channel set secret = (select secret from channel where id = 'one')`)
    await expect(openChannelSecrets(database, key, 'two')).rejects.toThrow('does not open')
    await removeApiChannel(database, 'one', now)
    const rows = await database.query(`select secret, name from channel where id = 'one'`)
    expect(rows).toEqual([{ secret: null, name: 'Ops' }])
  })

  test('that a file names later has none of the secrets of before', async () => {
    await byApi(hook('ops'), { url: receiver.url })
    await removeApiChannel(database, 'ops', now)
    await putChannels(database, [{ ...parts, id: 'ops', kind: 'webhook', url: receiver.url }], 'file', now)
    expect(await database.query('select origin, secret from channel')).toEqual([
      { origin: 'file', secret: null },
    ])
  })
})

describe('what is new', () => {
  test('is told when the teller is woken, not at its next look', async () => {
    await putChannels(database, [{ ...parts, id: 'ops', kind: 'webhook', url: receiver.url }], 'file', now)
    const telling = teller(false, { pollMs: 3_600_000 })
    telling.start()
    await deliver('first')
    telling.wake()
    await receiver.next()
    await deliver('second')
    telling.wake()
    await receiver.next()
    await telling.stop()
  })
})

async function deliver(cause: string): Promise<void> {
  await database.query(
    `with new as (
       insert into alert (endpoint_id, cause, kind, severity, fleet_ids, device_count, condition, raised_at, updated_at)
       values ('ota', $1, 'unreachable', 'critical', '{}', 1, '{}', $2, $2) returning id)
     insert into delivery (alert_id, event, channel_id, body, due_at)
     select id, 'raise', 'ops', $3::jsonb, now() from new`,
    [cause, new Date(raisedAt), JSON.stringify(deliveryBody({ act: 'raise', at: raisedAt }))],
  )
}
