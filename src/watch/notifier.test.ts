import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest'
import { type AlertReceiver, alertReceiver } from '../../test/support/alert-receiver.ts'
import { deliveryBody, raisedAt, recoveredAt, unreachable } from '../../test/support/alerts.ts'
import { BothStores, isThere, storeKinds, testOf } from '../../test/support/both-stores.ts'
import type { Severity } from '../fleet/condition.ts'
import type { DeliveryBody } from '../fleet/delivery-body.ts'
import type { Channel } from '../fleet/watch-config.ts'
import type { Database } from '../store/database.ts'
import { openStore } from '../store/open-store.ts'
import { takeDeliveries } from '../store/rows/take-deliveries.ts'
import { deliveryId } from './channels/alert-message.ts'
import type { Outcome } from './channels/outcome.ts'
import { tell } from './channels/tell.ts'
import { Notifier, type NotifierOptions } from './notifier.ts'

const stores = new BothStores()

describe.for(storeKinds)('deliveries, %s', (kind) => {
  const run = testOf(kind)
  let store: Database
  let receiver: AlertReceiver
  let notifiers: Notifier[] = []
  const faults: unknown[] = []
  const outcomes: Outcome[] = []

  beforeAll(async () => {
    if (isThere(kind)) store = await openStore(await stores.place(kind, 'notifier'), new Date(raisedAt))
  }, 60_000)
  afterAll(() => store?.close())

  beforeEach(async () => {
    receiver = await alertReceiver()
    outcomes.length = 0
  })
  afterEach(async () => {
    // What is stalled ends with its receiver.
    await receiver.stop()
    await Promise.all(notifiers.map((one) => one.stop()))
    notifiers = []
    await store?.query('truncate alert, channel cascade')
    expect(faults.splice(0)).toEqual([])
  })

  const channel = (id: string): Channel => ({
    ...{ id, name: id, from: 'info', kind: 'webhook' },
    url: id === 'other' ? `${receiver.url}/other` : { env: 'HOOK' },
  })

  function notifier(options: Partial<NotifierOptions> = {}, timeoutMs = 2_000): Notifier {
    const openSecret = async () => `${receiver.url}/hook/s3cretpath`
    const one = new Notifier(
      {
        database: store,
        channelOf: async (id) => (id === 'gone' ? undefined : channel(id)),
        tell: async (to, message) => {
          const asked = { openSecret, mayConnect: () => true, now: () => new Date(), timeoutMs }
          const outcome = await tell(to, message, asked)
          outcomes.push(outcome)
          return outcome
        },
        linkOf: () => undefined,
        random: () => 0.5,
        onError: (error) => faults.push(error),
      },
      { pollMs: 20, backOff: { firstMs: 20, longestMs: 50 }, ...options },
    )
    notifiers.push(one)
    return one
  }

  async function alert(cause = 'unreachable'): Promise<number> {
    const [row] = await store.query<{ id: number }>(
      `insert into alert (endpoint_id, cause, kind, severity, fleet_ids, device_count, condition, raised_at, updated_at)
       values ('ota', $1, 'unreachable', 'critical', '{}', 1, '{}', $2, $2) returning id`,
      [cause, new Date(raisedAt)],
    )
    return row?.id ?? 0
  }

  async function deliver(
    alertId: number,
    event: string,
    body: Partial<DeliveryBody> = {},
    to = 'ops',
  ): Promise<void> {
    const act = event.split(' ')[0] as DeliveryBody['act']
    const at = act === 'recover' ? recoveredAt : raisedAt
    await store.query(
      `insert into delivery (alert_id, event, channel_id, body, due_at) values ($1, $2, $3, $4::jsonb, now())`,
      [alertId, event, to, JSON.stringify(deliveryBody({ act, at, ...body }))],
    )
  }

  const rows = () =>
    store.query<{
      event: string
      attempts: number
      told: boolean
      given_up: boolean
      merged: boolean
      last_error: string | null
    }>(
      `select event, attempts, delivered_at is not null as told, given_up_at is not null as given_up,
         merged_into is not null as merged, last_error from delivery order by id`,
    )

  /** Polls the rows, since what a receiver has got is marked behind its back. */
  async function until(holds: (found: Awaited<ReturnType<typeof rows>>) => boolean) {
    for (;;) {
      const found = await rows()
      if (holds(found)) return found
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  const acts = () => receiver.received.map(({ body }) => JSON.parse(body).act)

  run('are told once and marked', async () => {
    await deliver(await alert(), 'raise')
    const one = notifier()
    one.start()
    const { headers, body } = await receiver.next()
    expect(headers['webhook-id']).toBe(deliveryId({ body: deliveryBody(), event: 'raise', channelId: 'ops' }))
    expect(JSON.parse(body)).toMatchObject({ schema: 'tlsfit/alert@1', act: 'raise', devices: 38_000 })
    expect(await until(([row]) => row?.told === true)).toMatchObject([{ attempts: 1, last_error: null }])
    await one.stop()
    expect(receiver.received).toHaveLength(1)
  })

  run('that fail come again with the same id, and no secret stands in the error', async () => {
    await deliver(await alert(), 'raise')
    receiver.answer({ status: 500, body: 'no /hook/s3cretpath here' }, 'close', 'stall', {
      status: 302,
      headers: { location: 'http://127.0.0.1:1/' },
    })
    notifier({}, 300).start()
    expect(await until(([row]) => row?.told === true)).toMatchObject([{ attempts: 5, last_error: null }])
    expect(outcomes.map((one) => (one.told ? 'told' : one.error))).toEqual([
      'answered 500: no *** here',
      'ECONNRESET',
      'no answer in time',
      'answered 302, a redirect',
      'told',
    ])
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1)
  })

  run('wait as long as the receiver asks, all of its channel, and no other channel waits', async () => {
    const id = await alert()
    await deliver(id, 'raise')
    receiver.answer({ status: 429, headers: { 'retry-after': '3600' } })
    notifier().start()
    await receiver.next()
    await until(([row]) => row?.last_error === 'answered 429')
    await deliver(await alert('second'), 'raise')
    await deliver(id, 'raise', {}, 'other')
    expect((await receiver.next()).path).toBe('/other')
    await until((found) => found[2]?.told === true)
    const [row] = await store.query<{ seconds: number }>(
      `select extract(epoch from due_at - now())::float8 as seconds from delivery where attempts = 1 and delivered_at is null`,
    )
    expect(row?.seconds).toBeGreaterThan(3_500)
    expect(row?.seconds).toBeLessThan(3_601)
    expect((await rows()).map(({ attempts }) => attempts)).toEqual([1, 0, 1])
  })

  run('are given up when they are old enough, and the error says why', async () => {
    await deliver(await alert(), 'raise')
    receiver.answer({ status: 404 })
    notifier({ giveUpAfterMs: 0 }).start()
    expect(await until(([row]) => row?.given_up === true)).toMatchObject([
      { told: false, attempts: 1, last_error: 'answered 404' },
    ])
  })

  run('of a channel that is not there stay, for it may come back', async () => {
    await deliver(await alert(), 'raise', {}, 'gone')
    notifier().start()
    expect(await until(([row]) => (row?.attempts ?? 0) > 1)).toMatchObject([
      { told: false, given_up: false, last_error: 'there is no such channel' },
    ])
  })

  run('of an alert that is over before it could be told are one message, the recovery', async () => {
    const id = await alert()
    await deliver(id, 'raise')
    await deliver(id, 'update 2')
    await deliver(id, 'recover')
    notifier().start()
    const { body } = await receiver.next()
    expect(JSON.parse(body)).toMatchObject({ act: 'recover', raisedAt, recoveredAt })
    expect(JSON.parse(body).text).toContain('No earlier message about it is known to have arrived here.')
    const found = await until((all) => all[2]?.told === true)
    expect(found.map(({ merged }) => merged)).toEqual([true, true, false])
    expect(acts()).toEqual(['recover'])
  })

  run('keep the order of an alert: what is told last is its newest', async () => {
    const id = await alert()
    notifier().start()
    await deliver(id, 'raise')
    await until((all) => all[0]?.told === true)
    await deliver(id, 'update 2', {
      condition: unreachable({ severity: 'warning' as Severity }),
    })
    await until((all) => all[1]?.told === true)
    await deliver(id, 'recover')
    await until((all) => all[2]?.told === true)
    expect(acts()).toEqual(['raise', 'update', 'recover'])
    const last = JSON.parse(receiver.received[2]?.body ?? '')
    expect(last.text).not.toContain('No earlier message about it is known to have arrived here.')
  })

  run('a first message that gets through is a raise, whatever it was written as', async () => {
    const id = await alert()
    await deliver(id, 'raise')
    await deliver(id, 'update 2')
    notifier().start()
    await receiver.next()
    expect(acts()).toEqual(['raise'])
  })

  run('a recovery waits for the raise that is being told', async () => {
    const id = await alert()
    await deliver(id, 'raise')
    const options = { busy: [], leaseMs: 60_000 }
    expect(await takeDeliveries(store, options)).toMatchObject([{ event: 'raise', attempts: 1 }])
    await deliver(id, 'recover')
    expect(await takeDeliveries(store, options)).toEqual([])
    await store.query(`update delivery set leased_until = now(), due_at = now() where event = 'raise'`)
    expect(await takeDeliveries(store, options)).toMatchObject([{ event: 'recover', told: false }])
  })

  run('to those that forget come again as long as the alert is open, as they were told last', async () => {
    const id = await alert()
    await store.query(`update alert set told_to = '{forgets,ops}'`)
    await store.query(
      `insert into channel (id, kind, name, settings, origin, created_at)
       values ('forgets', 'alertmanager', 'x', '{}', 'api', now()), ('ops', 'slack', 'x', '{}', 'api', now())`,
    )
    for (const to of ['forgets', 'ops']) await deliver(id, 'raise', {}, to)
    const one = notifier({ refreshMs: 100 })
    one.start()
    await until((all) => all.filter(({ told }) => told).length === 2)
    await deliver(id, 'update 2', { condition: unreachable({ severity: 'warning' }) }, 'forgets')
    const kept = () => receiver.received.map(({ body }) => JSON.parse(body).severity).join(' ')
    while (!kept().endsWith('warning warning warning')) await receiver.next()
    expect((await rows()).filter(({ event }) => event === 'refresh')).toHaveLength(1)

    await store.transaction(async (queries) => {
      await queries.query('update alert set recovered_at = now()')
      await queries.query(
        `insert into delivery (alert_id, event, channel_id, body, due_at)
         values ($1, 'recover', 'forgets', $2::jsonb, now())`,
        [id, JSON.stringify(deliveryBody({ act: 'recover', at: recoveredAt }))],
      )
    })
    await until((all) => all.every(({ told, merged }) => told || merged))
    await one.stop()
    expect(acts().at(-1)).toBe('recover')
    expect(acts().filter((act) => act === 'recover')).toHaveLength(1)
  })

  run('are taken by one process each, of however many ask', async () => {
    for (let at = 0; at < 40; at++) await deliver(await alert(`cause ${at}`), 'raise', {}, `ops-${at % 5}`)
    const takers = Array.from({ length: 8 }, async () => {
      const taken: number[] = []
      for (;;) {
        const some = await takeDeliveries(store, { busy: [], leaseMs: 60_000 })
        if (some.length === 0) return taken
        taken.push(...some.map(({ id }) => id))
      }
    })
    const taken = (await Promise.all(takers)).flat()
    // Whoever finds all alerts locked by others finds nothing: those others go on.
    expect(new Set(taken).size).toBe(taken.length)
    expect(taken.length).toBeGreaterThan(0)
    const left = await store.query(`select id from delivery where attempts <> 1`)
    expect(taken.length + left.length).toBe(40)
  })

  run('by several processes come once each, and an alert never after its recovery', async () => {
    const many = [notifier(), notifier(), notifier()]
    for (const one of many) one.start()
    for (let at = 0; at < 20; at++) {
      const id = await alert(`cause ${at}`)
      const condition = unreachable({ cause: `cause ${at}` })
      await deliver(id, 'raise', { condition }, `ops-${at % 4}`)
      await deliver(id, 'recover', { condition }, `ops-${at % 4}`)
    }
    await until((all) => all.length === 40 && all.every(({ told, merged }) => told || merged))
    const told = receiver.received.map(({ body }) => JSON.parse(body))
    expect(new Set(told.map(({ id }) => id)).size).toBe(told.length)
    for (const { cause } of told) {
      const order = told.filter((one) => one.cause === cause).map(({ act }) => act)
      expect(order.join(' ')).toMatch(/^(raise )?recover$/)
    }
    expect(new Set(told.map(({ cause }) => cause)).size).toBe(20)
  })
})
