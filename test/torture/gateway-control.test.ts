import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { GatewayControl } from '../../src/gateway/control.ts'
import { LocalPlane } from '../../src/gateway/data-plane.ts'
import type { GatewayEvent } from '../../src/gateway/gateway-log.ts'
import { loadPlan } from '../../src/gateway/load-plan.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { frontName, GatewayPki, upstreamName } from '../support/gateway-range.ts'
import { awakeMs } from './awake.ts'
import { faultyFiles, fileFaults } from './faulty-files.ts'
import { held, leaked, unhandledIn } from './handles.ts'
import { sample } from './sample.ts'

vi.mock('node:fs/promises', async (original) => {
  const { faultyFiles } = await import('./faulty-files.ts')
  return faultyFiles.promises(await original<typeof import('node:fs/promises')>())
})
vi.mock('node:fs', async (original) => {
  const { faultyFiles } = await import('./faulty-files.ts')
  return faultyFiles.files(await original<typeof import('node:fs')>())
})

const DISK_ANSWERS_MS = 120
/** An end that waits for nobody, but for a busy machine. */
const STOPPED_MS = 5_000

const pki = new GatewayPki()
const catalogue = openCatalogue()
let folders = 0

afterAll(() => pki.remove())

/** A configuration with a certificate from files, one of the gateway's own CA, and an upstream that is not there. */
function newFolder(): string {
  const folder = join(pki.folder, `${++folders}`)
  mkdirSync(folder)
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  write('chain.pem', pki.ecdsa.identity.certPem)
  write('key.pem', pki.ecdsa.identity.keyPem)
  const listener = (name: string, address: string, certificate: string) =>
    `  - { name: ${name}, protocol: https, listen: [${address}], certificate: ${certificate}, routes: [{ path: /*, upstream: store }] }`
  write(
    'gateway.yaml',
    `listeners:
${listener('files', '127.0.0.2:0', '{ files: { ecdsa: { chain: chain.pem, key: key.pem } } }')}
${listener('own', '127.0.0.1:0', `{ own: { names: [${frontName}] } }`)}
upstreams:
  store: { protocol: https, url: 'https://${upstreamName}', connect: 127.0.0.1:1, cache: true }
cache: { folder: cache }
operations: { listen: 127.0.0.1:0 }
`,
  )
  return folder
}

/** Classes of errors whose message names what is wrong, and the mend; of the system's the path and the code are told. */
const named: ReadonlySet<string> = new Set([
  ...['DataFileError', 'IdentityError', 'FrontError', 'InputError', 'SecretError'],
])

function isNamed(error: unknown): boolean {
  return error instanceof Error && (named.has(error.name) || 'code' in error)
}

async function start(folder: string, log: (event: GatewayEvent) => void): Promise<GatewayControl> {
  const file = join(folder, 'gateway.yaml')
  const data = { catalogue, knownRoots: [], order: async () => ({}) }
  const loaded = await loadPlan(file, { ...data, now: new Date() })
  return GatewayControl.start(loaded, {
    ...data,
    ...{ file, log, now: () => new Date() },
    openPlane: (plan, _config, keys) => LocalPlane.open(plan, log, keys),
  })
}

/** Whether devices that hold the gateway's CA are served. */
function serves(control: GatewayControl, folder: string): Promise<boolean> {
  const at = control.addresses.get('127.0.0.1:0') ?? ''
  const ca = readFileSync(join(folder, 'gateway-state', 'own-ca', 'ca-p256.pem'), 'utf8')
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: Number(at.split(':')[1]), servername: frontName, ca })
    socket.on('secureConnect', () => socket.end())
    socket.on('error', () => resolve(false))
    socket.on('close', (hadError) => resolve(!hadError))
  })
}

function healthOf({ operationsPort }: GatewayControl): Promise<{ state: string; faults: string[] }> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port: operationsPort, path: '/healthz', agent: false }, (answer) => {
      answer.on('data', (text: Buffer) => resolve(JSON.parse(text.toString())))
    }).on('error', reject)
  })
}

/** Started, reloaded, refreshed, and once all goes well reloaded again; what is wrong with what came of it, a line each. */
async function run(folder: string): Promise<string[]> {
  const wrong: string[] = []
  const events: GatewayEvent[] = []
  let control: GatewayControl
  try {
    control = await start(folder, (event) => events.push(event))
  } catch (error) {
    if (!isNamed(error)) wrong.push(`not started: ${error}`)
    wrong.push(...leftovers(folder))
    faultyFiles.calm()
    control = await start(folder, (event) => events.push(event))
  }
  for (const [act, what] of [
    ['reload', 'reload-failed'],
    ['refresh', 'certificate'],
  ] as const) {
    const told = events.length
    if (await control[act]()) continue
    const event = events.slice(told).find((one) => one.what === what && one.level === 'error')
    if (!event?.message) wrong.push(`${act} failed, and no event says why`)
    const { state, faults } = await healthOf(control)
    if (state !== 'degraded' || faults.length !== 1) wrong.push(`${act} failed, and the health is ${state}`)
  }
  faultyFiles.calm()
  if (!(await serves(control, folder))) wrong.push('what was served before is not served')
  if (!(await control.reload()) || !(await control.refresh())) wrong.push('afterwards: not reloaded')
  if ((await healthOf(control)).state !== 'ok') wrong.push('afterwards: the health is not ok')
  if (!(await serves(control, folder))) wrong.push('afterwards: not served')
  wrong.push(...leftovers(folder))
  await control.stop(0)
  return wrong
}

/** Beside the CA, its leaf and its anchor: what was being written. */
function leftovers(folder: string): string[] {
  if (faultyFiles.faults.struck === 'rm') return []
  try {
    const names = readdirSync(join(folder, 'gateway-state', 'own-ca'))
    return names.filter((name) => !/^(ca|leaf|anchor)-p256\.pem$/.test(name))
  } catch {
    return []
  }
}

describe('a gateway whose every call for its configuration and certificates goes wrong once', () => {
  let calls: readonly string[]

  beforeAll(async () => {
    const folder = newFolder()
    faultyFiles.strike(folder, 'none', -1)
    expect(await run(folder)).toEqual([])
    calls = faultyFiles.faults.calls
  }, 60_000)

  test('meets each of them where nothing goes wrong', () => {
    expect(new Set(calls)).toEqual(
      new Set([
        ...[
          'stat',
          'readFile',
          'readFileSync',
          'statSync',
          'mkdir',
          'writeFile',
          'link',
          'rename',
          'rm',
          'readdir',
        ],
      ]),
    )
  })

  async function torture(
    how: (typeof fileFaults)[number],
    act: (folder: string, at: number) => Promise<string[]>,
  ): Promise<string[]> {
    const found: string[] = []
    for (const at of sample([...calls.keys()], fileFaults.indexOf(how))) {
      const folder = newFolder()
      const before = held()
      const wrong: unknown[] = []
      wrong.push(...(await unhandledIn(async () => void wrong.push(...(await act(folder, at))))))
      const more = await leaked(before)
      if (more !== undefined) wrong.push(`held: ${JSON.stringify(more)}`)
      found.push(...wrong.map((one) => `${how} of call ${at}, ${faultyFiles.faults.struck}: ${one}`))
      faultyFiles.calm()
    }
    return found
  }

  test.each(fileFaults)('%s: told by name, what was served goes on, and nothing is left', async (how) => {
    const act = (folder: string, at: number) => {
      const late = () => setTimeout(() => faultyFiles.answerLate(), DISK_ANSWERS_MS)
      faultyFiles.strike(folder, how, at, how === 'hang' ? late : undefined)
      return run(folder)
    }
    expect(await torture(how, act)).toEqual([])
  }, 300_000)

  test('stopped while one of them hangs: it ends at once, and opens nothing afterwards', async () => {
    const act = async (folder: string, at: number): Promise<string[]> => {
      const control = await start(folder, () => {})
      let hangs: () => void = () => {}
      const hanging = new Promise<void>((resolve) => {
        hangs = resolve
      })
      faultyFiles.strike(folder, 'hang', at, hangs)
      const reloading = control.reload().then(() => control.refresh())
      await Promise.race([hanging, reloading])
      const began = awakeMs()
      await control.stop(0)
      const took = awakeMs() - began
      faultyFiles.calm()
      await reloading
      return took > STOPPED_MS ? [`it took ${Math.round(took)} ms`] : []
    }
    expect(await torture('hang', act)).toEqual([])
  }, 300_000)
})
