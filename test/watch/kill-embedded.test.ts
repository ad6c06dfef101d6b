import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeOldBlobChain } from '../../src/lab/chains.ts'
import { tlsIdentity } from '../../src/lab/tls-server.ts'
import { openStore } from '../../src/store/open-store.ts'
import { testKeys } from '../support/kept-keys.ts'
import { freePort } from '../support/peer-process.ts'
import { type ProofRow, printProof } from '../support/proof-table.ts'
import { storeFolder } from '../support/store-folder.ts'

/** `TLSFIT_KILLS=full`: 30 times. */
const kills = process.env.TLSFIT_KILLS === 'full' ? 30 : 3
const endpoints = 40

let folder: string
let config: string
let server: Server
let watch: Watch | undefined

beforeAll(async () => {
  folder = await storeFolder()
  const { sent } = await makeOldBlobChain({ keys: testKeys, now: new Date() })
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

/** `tlsfit watch`, and what its API has acknowledged: slots that it showed, edits that it said are done. */
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

  /** Mutes one cause after the other, and is killed with one after the first under way. Gives those that the API said are there. */
  async killWhileMuting(causes: readonly string[]): Promise<string[]> {
    const api = `http://127.0.0.1:${this.#port}/api/v1`
    const { csrf } = (await (await fetch(`${api}/session`)).json()) as { csrf: string }
    const muted: string[] = []
    const last = 1 + Math.floor(Math.random() * (causes.length - 1))
    for (const [at, cause] of causes.entries()) {
      const asked = fetch(`${api}/silences`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
        body: JSON.stringify({
          ...{ kind: 'mute', endpointId: 'e1', cause, reason: 'known' },
          endsAt: new Date(Date.now() + 3_600_000).toISOString(),
        }),
      }).catch(() => undefined)
      if (at === last) {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 60))
        await this.kill()
      }
      const answer = await asked
      if (answer?.status === 201) muted.push(cause)
      else if (answer !== undefined) throw new Error(`${answer.status}`)
      if (at === last) break
    }
    return muted
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
    const muted: string[] = []
    const openMs: number[] = []
    let [total, faults] = [0, 0]
    for (let round = 0; round < kills; round++) {
      const startedMs = performance.now()
      const running = new Watch(await freePort())
      watch = running
      const before = total
      let wasOpen = false
      // Until it has shown something new; then at a moment of chance.
      await expect
        .poll(
          async () => {
            const slots = await running.acknowledged()
            if (!wasOpen && slots.size > 0) openMs.push(performance.now() - startedMs)
            wasOpen ||= slots.size > 0
            for (const [id, slot] of slots) {
              const known = shown.get(id) ?? new Set()
              shown.set(id, known.add(slot))
            }
            total = [...shown.values()].reduce((sum, slots) => sum + slots.size, 0)
            return total
          },
          { timeout: 300_000, interval: 20 + Math.random() * 200 },
        )
        .toBeGreaterThan(before + round)
      muted.push(...(await running.killWhileMuting(['a', 'b', 'c', 'd'].map((one) => `${round}-${one}`))))
      if (/failed/.test(running.log)) faults++
      expect(running.log).not.toMatch(/failed/)
    }
    const store = await openStore(folder, new Date())
    try {
      const kept = new Set<string>()
      for (const row of await store.query<{ endpoint_id: string; slot: Date }>(
        'select endpoint_id, slot from probe',
      ))
        kept.add(`${row.endpoint_id} ${row.slot.toISOString()}`)
      const lost = [...shown].flatMap(([id, slots]) =>
        [...slots].filter((slot) => !kept.has(`${id} ${new Date(slot).toISOString()}`)),
      )
      const silences = await store.query<{ cause: string }>('select cause from silence')
      const causes = new Set(silences.map(({ cause }) => cause))
      const twice = await store.query(
        'select endpoint_id, slot from probe group by 1, 2, vantage having count(*) > 1',
      )
      const alerts = await store.query<{ endpoint_id: string; n: number }>(
        `select endpoint_id, count(*) as n from alert where kind = 'unreachable' group by 1`,
      )
      const audited = await store.query(`select 1 from audit where action = 'silence-add'`)
      const checks: ProofRow[] = [
        ['kill -9 of tlsfit watch, opened again', kills, openMs.length],
        ['results that the API had shown, and are lost', 0, lost.length],
        [
          'edits that the API had said are done, and are lost',
          0,
          muted.filter((one) => !causes.has(one)).length,
        ],
        [
          'edits without their line in the audit log, and lines without',
          0,
          Math.abs(silences.length - audited.length),
        ],
        ['results of the same slot twice', 0, twice.length],
        ['alerts of the endpoint that is down', 1, alerts.find((row) => row.endpoint_id === 'e0')?.n ?? 0],
        ['alerts of endpoints that are not', 0, alerts.filter((row) => row.endpoint_id !== 'e0').length],
        ['starts in which something failed', 0, faults],
      ]
      const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`
      openMs.sort((a, b) => a - b)
      printProof(`An embedded store, ${kills} kills`, [
        ...checks,
        ['results in the store', '', kept.size],
        ['of these shown before a kill', '', total],
        ['edits that were said to be done', '', muted.length],
        ['from start to the first result shown: median', '', seconds(openMs[openMs.length >> 1] ?? 0)],
        ['the longest', '', seconds(openMs.at(-1) ?? 0)],
      ])
      expect(checks.filter(([, asked, found]) => asked !== found)).toEqual([])
      expect(muted.length).toBeGreaterThan(0)
    } finally {
      await store.close()
    }
  },
  kills * 360_000,
)
