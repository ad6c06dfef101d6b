import { openStore } from '../../src/store/open-store.ts'
import { tell } from '../../src/watch/channels/tell.ts'
import { Notifier } from '../../src/watch/notifier.ts'

/** Tells the deliveries of a store to a webhook until it is killed; when its input ends, until all are told. */
const [where = '', url = ''] = process.argv.slice(2)
const database = await openStore(where, new Date())
const notifier = new Notifier(
  {
    database,
    channelOf: async (id) => ({ id, name: id, from: 'info', kind: 'webhook', url }),
    tell: (channel, message) =>
      tell(channel, message, {
        openSecret: async () => 'unused',
        mayConnect: () => true,
        now: () => new Date(),
        timeoutMs: 5_000,
      }),
    linkOf: () => undefined,
    random: Math.random,
    onError: (error) => console.error(error),
  },
  { pollMs: 50, leaseMs: 600, tellMs: 300, backOff: { firstMs: 50, longestMs: 200 } },
)
notifier.start()
process.stdin.resume()
process.stdin.once('end', async () => {
  const left = () => database.query('select id from delivery where delivered_at is null')
  while ((await left()).length > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  await notifier.stop()
  await database.close()
})
