import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const main = join(root, 'dist/cli/main.js')
const env = { ...process.env, NO_COLOR: '1' }

interface Serving {
  readonly schema: string
  readonly urls: readonly string[]
  readonly caPem: string
  readonly steps: readonly {
    readonly role: string
    readonly title: string
    readonly command: string
  }[]
}

/** Exit codes of `check` that a step's role allows: `undecided` (3) only where nothing was reached. */
const allowed: { readonly [role: string]: readonly number[] } = {
  'works-before': [0],
  cured: [0],
  contrast: [0, 1],
  fails: [1, 3],
}

describe('a case that is served', () => {
  let end: (() => Promise<number | null>) | undefined
  afterEach(async () => {
    await end?.()
  })

  test.each([
    'nordic-azure-fota',
    'nordic-aws-mqtt',
    'esp32-ota',
  ])('%s: every command that the lab prints plays its step', async (id) => {
    const lab = await serve(id)
    end = lab.end
    expect(lab.serving.schema).toBe('tlsfit/serving@1')
    expect(lab.serving.urls.length).toBeGreaterThan(0)
    expect(lab.serving.caPem).toMatch(/^-----BEGIN CERTIFICATE-----/)
    for (const { role, title, command } of lab.serving.steps) {
      const code = await play(command)
      expect(allowed[role], `${role}: ${title} ended with ${code}`).toContain(code)
    }
  }, 120_000)

  test('a capsule is served, and its command meets what the capsule shows', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tlsfit-lab-test-'))
    try {
      const capsule = join(folder, 'azure.capsule')
      const capture = join(root, 'test/captures/azure-g2-chain-edge.pcap')
      expect(await play(`tlsfit capsule ${capture} --device nrf9160@1.3.7 --out ${capsule}`)).toBe(0)
      const lab = await serve(capsule)
      end = lab.end
      const [step] = lab.serving.steps
      expect(step?.command).toMatch(/--device nrf9160@1\.3\.7 --anchor \S+ --connect 127\.0\.0\.1:\d+$/)
      expect(await play(step?.command ?? '')).toBe(1)
      expect(await play(`tlsfit check ${capsule} --device nrf9160@1.3.7`)).toBe(1)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }, 120_000)

  test('an interrupt ends it with 130 and takes its files along', async () => {
    const lab = await serve('nordic-aws-mqtt')
    const file = /--client-key (\S+)/.exec(lab.serving.steps[0]?.command ?? '')?.[1] ?? ''
    expect(existsSync(file)).toBe(true)
    expect(await lab.end()).toBe(130)
    expect(existsSync(file)).toBe(false)
  }, 60_000)
})

/** Starts `tlsfit lab ID` and reads its first line. */
async function serve(id: string): Promise<{ serving: Serving; end: () => Promise<number | null> }> {
  const child = spawn(process.execPath, [main, 'lab', id, '--format', 'json'], { env })
  const ended = new Promise<number | null>((done) => child.on('close', done))
  const line = await new Promise<string>((done, fail) => {
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
      if (text.includes('\n')) done(text.slice(0, text.indexOf('\n')))
    })
    ended.then((code) => fail(new Error(`the lab ended with ${code} before it served`)))
  })
  return {
    serving: JSON.parse(line),
    end: () => {
      if (child.exitCode === null) child.kill('SIGINT')
      return ended
    },
  }
}

/** Runs the line in a shell, as a user who pastes it does, and gives its exit code. */
function play(command: string): Promise<number | null> {
  const shell = `tlsfit() { "$TLSFIT_NODE" "$TLSFIT_MAIN" "$@"; }\n${command}`
  const child = spawn('sh', ['-c', shell], {
    env: { ...env, TLSFIT_NODE: process.execPath, TLSFIT_MAIN: main },
    stdio: 'ignore',
  })
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('close', done)
  })
}
