import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parseGatewayConfig } from '../../src/gateway/gateway-config.ts'
import { orderByAcme } from '../../src/gateway/identities/acme.ts'
import { hasPebble, type Pebble, startPebble } from '../support/pebble.ts'
import { freePort } from '../support/peer-process.ts'
import { faultyFiles, fileFaults } from './faulty-files.ts'
import { socketFaults } from './faulty-socket.ts'
import { FaultyWire } from './faulty-wire.ts'
import { held, leaked, unhandledIn } from './handles.ts'
import { sample } from './sample.ts'

vi.mock('node:fs/promises', async (original) => {
  const { faultyFiles } = await import('./faulty-files.ts')
  return faultyFiles.promises(await original<typeof import('node:fs/promises')>())
})

const QUICK = { timeoutMs: 1_500, waitMs: 50 }
/** Where nothing goes wrong but that the machine is busy. */
const PATIENT = { timeoutMs: 30_000, waitMs: 50 }
const DISK_ANSWERS_MS = 120
/** After which a directory that failed is asked again. */
const LATER_MS = 2 * 3_600_000
const NAME = 'fota.fleet.test'

describe.skipIf(!hasPebble)('pebble: an order by ACME in which one call goes wrong', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-acme-torture-'))
  let pebble: Pebble
  /** Between us and the directory, and between its questions and our answers. */
  let asking: FaultyWire
  let answering: FaultyWire
  let challengePort = 0
  let orders = 0

  beforeAll(async () => {
    asking = await FaultyWire.open()
    answering = await FaultyWire.open()
    challengePort = await freePort()
    pebble = await startPebble(folder, answering.port)
    asking.lead(pebble.port)
    answering.lead(challengePort)
  }, 60_000)
  afterAll(async () => {
    await pebble.stop()
    await asking.close()
    await answering.close()
    rmSync(folder, { recursive: true, force: true })
  })

  function stateFolder(): string {
    const state = join(folder, `state-${++orders}`)
    mkdirSync(state)
    return state
  }

  function ordered(state: string, pace = PATIENT, now = new Date()) {
    const text = `
listeners:
  - name: fota
    protocol: https
    listen: [127.0.0.1:0]
    certificate:
      acme: { directory: 'https://localhost:${asking.port}/dir', names: [${NAME}], challengeListen: '127.0.0.1:${challengePort}', ca: root.pem }
    routes: [{ path: /*, upstream: blob }]
upstreams:
  blob: { protocol: https, url: https://blob.example.net }
state: ${state}
`
    const config = parseGatewayConfig(text, join(folder, 'gateway.yaml'))
    return orderByAcme(() => {}, pace)(config.listeners[0]!, config, now)
  }

  /** An order, and another one once all goes well; what is wrong with what came of them, a line each. */
  async function run(state: string): Promise<string[]> {
    const wrong: string[] = []
    try {
      wrong.push(...wrongIn((await ordered(state, QUICK)).ecdsa?.certPem))
    } catch (error) {
      if (!isNamed(error)) wrong.push(`not ordered: ${error}`)
    }
    calm()
    wrong.push(...wrongIn((await ordered(state, PATIENT, new Date(Date.now() + LATER_MS))).ecdsa?.certPem))
    const kept = join(state, 'acme', 'fota')
    wrong.push(...readdirSync(kept).filter((name) => !/^(account|ecdsa)\.pem$/.test(name)))
    if (!readFileSync(join(kept, 'account.pem'), 'utf8').startsWith('account https://'))
      wrong.push('no account kept')
    return wrong
  }

  function calm(): void {
    asking.strike('none', -1)
    answering.strike('none', -1)
    faultyFiles.calm()
  }

  async function torture<F extends string>(
    calls: readonly string[],
    [how, way]: readonly [F, number],
    strike: (state: string, at: number) => void,
  ): Promise<string[]> {
    const found: string[] = []
    for (const at of sample([...calls.keys()], way)) {
      const state = stateFolder()
      const before = held()
      const wrong: unknown[] = []
      strike(state, at)
      wrong.push(...(await unhandledIn(async () => void wrong.push(...(await run(state))))))
      const more = await leaked(before)
      if (more !== undefined) wrong.push(`held: ${JSON.stringify(more)}`)
      found.push(...wrong.map((one) => `${how} of call ${at}, ${calls[at]}: ${one}`))
    }
    return found
  }

  const callsOf = async (begin: (state: string) => void, calls: () => readonly string[]) => {
    const state = stateFolder()
    begin(state)
    await ordered(state)
    const met = [...calls()]
    calm()
    return met
  }

  test.each(socketFaults)('%s of the connections to the directory', async (how) => {
    const calls = await callsOf(
      () => asking.strike('none', -1),
      () => asking.faults.calls,
    )
    expect(new Set(calls)).toEqual(new Set(['connect', 'up', 'down', 'end up', 'end down']))
    const way = socketFaults.indexOf(how)
    expect(await torture(calls, [how, way], (_state, at) => asking.strike(how, at))).toEqual([])
  }, 600_000)

  test.each(socketFaults)('%s of the connection by which the CA asks for the answer', async (how) => {
    const calls = await callsOf(
      () => answering.strike('none', -1),
      () => answering.faults.calls,
    )
    expect(calls).toContain('down')
    const way = socketFaults.indexOf(how)
    expect(await torture(calls, [how, way], (_state, at) => answering.strike(how, at))).toEqual([])
  }, 600_000)

  test.each(fileFaults)('%s of what is kept', async (how) => {
    const calls = await callsOf(
      (state) => faultyFiles.strike(state, 'none', -1),
      () => faultyFiles.faults.calls,
    )
    expect(new Set(calls)).toEqual(new Set(['mkdir', 'readFile', 'writeFile', 'rename']))
    const way = fileFaults.indexOf(how)
    const late = () => setTimeout(() => faultyFiles.answerLate(), DISK_ANSWERS_MS)
    const strike = (state: string, at: number) =>
      faultyFiles.strike(state, how, at, how === 'hang' ? late : undefined)
    expect(await torture(calls, [how, way], strike)).toEqual([])
  }, 600_000)
})

function isNamed(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'IdentityError' || 'code' in error) &&
    !/\n|undefined|Cannot read/.test(error.message)
  )
}

function wrongIn(pem: string | undefined): string[] {
  if (pem === undefined) return ['no certificate']
  const { subjectAltName } = new X509Certificate(pem)
  return subjectAltName === `DNS:${NAME}` ? [] : [`a certificate for ${subjectAltName}`]
}
