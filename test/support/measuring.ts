import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type ClientArgs, type ClientResult, runClient } from '../clients/clients.ts'

const root = resolve(import.meta.dirname, '../..')

/** A line of `tlsfit measure --format json`. */
export type Line = Readonly<Record<string, unknown>> & { readonly schema: string }

/** A measurement that runs as its own process. */
export interface Measuring {
  readonly start: Line & { readonly urls: readonly string[]; readonly mqttUrls: readonly string[] }
  readonly port: number
  readonly caFile: string
  /** All lines so far, the first among them. */
  readonly lines: readonly Line[]
  readonly child: ChildProcess
  /** Exit code and signal, once it has ended and all its lines are read. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
  readonly running: () => boolean
  /** Resolves with the next line that fits, those before included. */
  until(fits: (line: Line) => boolean): Promise<Line>
}

export const newFolder = () => mkdtempSync(join(tmpdir(), 'measure-'))

/** `tlsfit measure --format json` on loopback, once it listens. Its words on stderr are an error where it does not. */
export async function startMeasuring(folder: string, more: readonly string[] = []): Promise<Measuring> {
  const args = [
    'measure',
    '--format',
    'json',
    '--dir',
    folder,
    '--host',
    '127.0.0.1',
    '--name',
    'fw.example',
    ...(more.includes('--hold') ? [] : ['--hold', '150']),
    ...more,
  ]
  const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), ...args], { cwd: folder })
  const lines: Line[] = []
  const waiting = new Set<() => void>()
  let stderr = ''
  child.stderr.on('data', (bytes) => (stderr += bytes))
  let over = false
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => {
    lines.push(JSON.parse(line))
    for (const look of waiting) look()
  })
  const read = new Promise((done) => reader.once('close', done))
  const ended = new Promise<{ code: number | null; signal: string | null }>((done) => {
    child.once('close', (code, signal) => {
      void read.then(() => {
        over = true
        for (const look of waiting) look()
        done({ code, signal })
      })
    })
  })
  const until = (fits: (line: Line) => boolean) =>
    new Promise<Line>((done, fail) => {
      const look = () => {
        const line = lines.find(fits)
        if (line === undefined && !over) return
        waiting.delete(look)
        if (line === undefined) fail(new Error(`tlsfit measure ended without that line: ${stderr}`))
        else done(line)
      }
      waiting.add(look)
      look()
    })
  const start = (await until(({ schema }) => schema === 'tlsfit/measuring@1')) as Measuring['start']
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, String(start.caPem))
  const port = Number(new URL(start.urls[0]!).port)
  return { start, port, caFile, lines, child, ended, running: () => !over, until }
}

/** A client in a retry loop, until the measurement is over or `until` says so. */
export async function retry(
  measuring: Measuring,
  name: string,
  more: Partial<ClientArgs> = {},
  until: () => boolean = () => false,
): Promise<readonly ClientResult[]> {
  const results: ClientResult[] = []
  const { port, caFile } = measuring
  while (measuring.running() && !until() && results.length < 120)
    results.push(
      await runClient(name, { port, sni: 'fw.example', anchors: caFile, request: 'GET /', ...more }),
    )
  return results
}
