import { type ChildProcess, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { missed, type PageStep, pageSteps } from './support/page-commands.ts'

const root = resolve(import.meta.dirname, '..')
const main = join(root, 'dist/cli/main.js')
const folder = mkdtempSync(join(tmpdir(), 'tlsfit-docs-'))
const running = new Set<ChildProcess>()
afterAll(async () => {
  await Promise.all([...running].map(end))
  rmSync(folder, { recursive: true, force: true })
})

/** Ports that pages write, of which a test takes ones that are free: as many digits, so that lines break alike. */
const writtenPorts = /\b1844(\d)\b/g

const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((page) => page.endsWith('.md') && !page.includes('node_modules'))
  .map((page) => `docs/${page}`)
  .sort()
  .map((page) => ({ page, steps: pageSteps(readFileSync(join(root, page), 'utf8')) }))
  .filter(({ steps }) => steps.some(({ kind }) => kind === 'command'))

describe('what pages show is what commands print', () => {
  test('there are pages with commands', () => {
    expect(pages.length).toBeGreaterThan(0)
    expect(existsSync(main), 'dist/ is missing: run npm run build').toBe(true)
  })

  test.each(pages)('$page', async ({ page, steps }) => {
    const sandbox = join(folder, page.replaceAll('/', '-'))
    mkdirSync(sandbox)
    let base: number | undefined
    let code = 0
    /** What is shown again in parts is run once. */
    const ranBefore = new Map<string, { code: number; printed: string }>()
    for (const step of steps) {
      if (step.kind === 'file') {
        base ??= await freePorts()
        mkdirSync(dirname(join(sandbox, step.name)), { recursive: true })
        writeFileSync(join(sandbox, step.name), withPorts(step.text, base))
      } else if (isLab(step)) {
        const lab = await openLab(step.command)
        base = lab.base
        symlinkSync(join(lab.folder, 'lab'), join(sandbox, 'lab'))
        compare(page, step, writtenAgain(lab.printed, base))
      } else {
        base ??= await freePorts()
        const command = `(exit ${code})\n${withPorts(step.command, base)}`
        const met = (text: string) => missed(step.output, writtenAgain(text, base ?? 0)) === undefined
        const ran =
          ranBefore.get(command) ??
          (isService(step) ? await serve(command, sandbox, met) : await run(command, sandbox))
        ranBefore.set(command, ran)
        code = ran.code
        compare(page, step, writtenAgain(ran.printed, base))
      }
    }
  }, 300_000)
})

function compare(page: string, step: PageStep & { kind: 'command' }, printed: string) {
  const lines = missed(step.output, printed)
  const where = `${page}:${step.line}: $ ${step.command}`
  expect(lines, `${where}\nnot met:\n${lines?.join('\n')}\nprinted:\n${printed}`).toBeUndefined()
}

function isLab({ command }: { readonly command: string }): boolean {
  return /^tlsfit lab \S/.test(command)
}

/** What goes on until it is interrupted: ready once it has printed what the page shows. */
function isService({ command }: { readonly command: string }): boolean {
  return /^tlsfit (?:gateway|serve|watch)\b/.test(command) && !/ --(?:check|help|once)\b/.test(command)
}

interface Lab {
  readonly base: number
  readonly folder: string
  readonly printed: string
}

const labs = new Map<string, Promise<Lab>>()

/** Pages that ask for the same lab share it: its keys take seconds. */
function openLab(command: string): Promise<Lab> {
  const open = async () => {
    const base = await freePorts()
    const own = join(folder, `lab-${labs.size}`)
    mkdirSync(own)
    const { printed } = await serve(withPorts(command, base), own, (text) => text.includes('Ctrl-C ends it'))
    return { base, folder: own, printed }
  }
  const lab = labs.get(command) ?? open()
  labs.set(command, lab)
  return lab
}

const bin = join(folder, 'bin')
mkdirSync(bin)
writeFileSync(join(bin, 'tlsfit'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, { mode: 0o755 })
const env = { ...process.env, NO_COLOR: '1', COLUMNS: '80', PATH: `${bin}:${process.env.PATH}` }

/** Runs a line in a shell, as a reader who pastes it does. */
function run(command: string, cwd: string): Promise<{ code: number; printed: string }> {
  const child = spawn('sh', ['-c', command], {
    cwd,
    env: { ...env, HOME: cwd },
    timeout: 120_000,
  })
  child.stdin.end()
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  }
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('close', (code) => done({ code: code ?? -1, printed }))
  })
}

/** Starts a service without a shell between, so that its end is its own, and waits for what it prints. */
function serve(
  command: string,
  cwd: string,
  ready: (printed: string) => boolean,
): Promise<{ code: number; printed: string }> {
  const args = (/^tlsfit (.*)$/m.exec(command)?.[1] ?? '').split(' ')
  const child = spawn(process.execPath, [main, ...args], { cwd, env: { ...env, HOME: cwd } })
  running.add(child)
  let printed = ''
  return new Promise((done, fail) => {
    const onData = (text: string) => {
      printed += text
      if (ready(printed)) done({ code: 0, printed })
    }
    child.stdout.setEncoding('utf8').on('data', onData)
    child.stderr.setEncoding('utf8').on('data', onData)
    child.on('error', fail)
    child.on('close', (code) => {
      running.delete(child)
      done({ code: code ?? -1, printed })
    })
    setTimeout(() => done({ code: -1, printed }), 120_000).unref()
  })
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((done) => child.on('close', done))
  child.kill('SIGINT')
  await ended
}

const withPorts = (text: string, base: number) =>
  text.replace(writtenPorts, (_, n) => String(base + Number(n)))

function writtenAgain(text: string, base: number): string {
  const ours = Array.from({ length: 10 }, (_, n) => String(base + n)).join('|')
  return text.replace(new RegExp(`\\b(?:${ours})\\b`, 'g'), (port) => `1844${Number(port) - base}`)
}

/** The first of ten ports in a row that nobody listens on. */
async function freePorts(): Promise<number> {
  for (let base = 20_000 + (process.pid % 600) * 20; base < 60_000; base += 10) {
    if (taken.has(base)) continue
    const free = await Promise.all(Array.from({ length: 10 }, (_, n) => isFree(base + n)))
    if (!free.every(Boolean)) continue
    taken.add(base)
    return base
  }
  throw new Error('no ten ports in a row are free')
}

const taken = new Set<number>()

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen(port, () => server.close(() => done(true)))
  })
}
