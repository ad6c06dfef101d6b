import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeOldBlobChain } from '../../src/lab/chains.ts'
import { processKeys } from '../../src/lab/keys.ts'
import { tlsIdentity } from '../../src/lab/tls-server.ts'
import { openStore } from '../../src/store/open-store.ts'
import { freePort } from '../support/peer-process.ts'
import { storeFolder } from '../support/store-folder.ts'

/** `TLSFIT_KILLS=full`: 30 times. */
const kills = process.env.TLSFIT_KILLS === 'full' ? 30 : 5
const endpoints = 40

let folder: string
let config: string
let server: Server
let watch: Watch | undefined

beforeAll(async () => {
  folder = await storeFolder()
  const { sent } = await makeOldBlobChain({ keys: processKeys, now: new Date() })
  server = createServer(tlsIdentity(sent))
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const closed = await freePort()
  config = join(mkdtempSync(join(tmpdir(), 'tlsfit-kill-')), 'watch.yaml')
  const rows = Array.from({ length: endpoints }, (_, at) => {
    const to = at === 0 ? closed : port
    return `  - { id: e${at}, target: "tls://localhost:${to}", connect: "127.0.0.1:${to}" }`
  })
  const fleets = 'fleets:\n  - { id: trackers, device: "nrf9160@1.3.7+ncs@2.7.0", count: 7 }'
  const defaults = 'defaults: { every: 1s, retries: { count: 0 } }'
  writeFileSync(config, `${defaults}\n${fleets}\nendpoints:\n${rows.join('\n')}\n`)
}, 120_000)

afterAll(async () => {
  await watch?.kill()
  server?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** `tlsfit watch`, and what its API has acknowledged: events that a listener was told of. */
class Watch {
  readonly #child: ChildProcess
  readonly #port: number
  readonly #exited: Promise<unknown>
  #log = ''

  constructor(port: number) {
    this.#port = port
    const args = ['dist/cli/main.js', 'watch', config, '--store', folder, '--port', String(port)]
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#log += chunk.toString('utf8')
    })
    this.#exited = new Promise((resolve) => this.#child.once('exit', resolve))
  }

  get log(): string {
    return this.#log
  }

  /** Slots that the API says are in the store, by endpoint. */
  async acknowledged(): Promise<Map<string, string>> {
    const slots = new Map<string, string>()
    for (let at = 0; at < endpoints; at += 7) {
      const answer = await fetch(`http://127.0.0.1:${this.#port}/api/v1/endpoints/e${at}`).catch(
        () => undefined,
      )
      if (answer?.ok !== true) continue
      const page = (await answer.json()) as { lastProbe?: { slot: string } }
      if (page.lastProbe !== undefined) slots.set(`e${at}`, page.lastProbe.slot)
    }
    return slots
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }
}

test(
  `a watch that is killed ${kills} times opens again, and nothing that it showed is lost`,
  async () => {
    const shown = new Map<string, Set<string>>()
    let total = 0
    for (let round = 0; round < kills; round++) {
      const running = new Watch(await freePort())
      watch = running
      const before = total
      // Until it has shown something new; then at a moment of chance.
      await expect
        .poll(
          async () => {
            for (const [id, slot] of await running.acknowledged()) {
              const known = shown.get(id) ?? new Set()
              shown.set(id, known.add(slot))
            }
            total = [...shown.values()].reduce((sum, slots) => sum + slots.size, 0)
            return total
          },
          { timeout: 90_000, interval: 20 + Math.random() * 200 },
        )
        .toBeGreaterThan(before + round)
      await running.kill()
      expect(running.log).not.toMatch(/failed/)
    }
    const store = await openStore(folder, new Date())
    try {
      for (const [id, slots] of shown) {
        const rows = await store.query<{ slot: Date }>('select slot from probe where endpoint_id = $1', [id])
        const kept = new Set(rows.map(({ slot }) => slot.toISOString()))
        expect([...slots].filter((slot) => !kept.has(new Date(slot).toISOString()))).toEqual([])
      }
      const twice = await store.query(
        'select endpoint_id, slot from probe group by 1, 2, vantage having count(*) > 1',
      )
      expect(twice).toEqual([])
      const alerts = await store.query(
        `select endpoint_id, count(*) as n from alert where kind = 'unreachable' group by 1`,
      )
      expect(alerts).toEqual([{ endpoint_id: 'e0', n: 1 }])
    } finally {
      await store.close()
    }
  },
  kills * 120_000,
)
