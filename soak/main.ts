import { parseArgs } from 'node:util'
import { serveGateway, soakGateway } from './gateway.ts'
import type { SoakOptions } from './soak.ts'
import { serveWatch, soakWatch } from './watch.ts'

const usage = `npm run soak -- [gateway|watch] [options]
  --minutes N   of load for each of them (default 60)
  --load N      clients side by side, or endpoints watched (default 8)
  --every S     seconds from one sample to the next (default 60)
  --seed S      a number (default 1); what goes wrong, and in what order
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '60' },
    load: { type: 'string', default: '8' },
    every: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
})
const [what, ...rest] = positionals
const options: SoakOptions = {
  minutes: positive('minutes'),
  load: positive('load'),
  everySeconds: positive('every'),
  seed: positive('seed'),
}
const soaks = { gateway: soakGateway, watch: soakWatch }

if (values.help) process.stdout.write(usage)
// The process that is looked at; it is started by the other one.
else if (what === 'serve-gateway') await serveGateway(rest[0] ?? '')
else if (what === 'serve-watch') await serveWatch(rest[0] ?? '')
else if (what === undefined) process.exitCode = (await both()) ? 0 : 1
else if (what === 'gateway' || what === 'watch') process.exitCode = (await soaks[what](options)) ? 0 : 1
else {
  process.stderr.write(usage)
  process.exitCode = 64
}

async function both(): Promise<boolean> {
  const gateway = await soakGateway(options)
  return (await soakWatch(options)) && gateway
}

function positive(name: 'minutes' | 'load' | 'every' | 'seed'): number {
  const value = Number(values[name])
  if (!(value > 0)) throw new RangeError(`--${name}: a number above 0`)
  return value
}
