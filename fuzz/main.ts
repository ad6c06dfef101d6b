import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { type Fault, type FuzzResult, fuzz, replay, type Watch } from './fuzz-loop.ts'
import type { FuzzTarget } from './fuzz-target.ts'
import { targets } from './targets.ts'

const usage = `npm run fuzz -- [options]
  --minutes N      for all readers together, shared evenly (default 1 where --cases is absent)
  --cases N        at most so many a reader
  --seed S         a number (default 1); the same seed gives the same cases
  --reader NAME    these alone; several times or with commas; dialect: stands for all whose names begin so
  --list           names of the readers
  --table FILE     a row for each reader is added to it, in markdown
  --replay FILE    one input, for the one reader named`

const folder = process.env.TLSFIT_FUZZ ?? '.'
const found = join(folder, 'found')
const ENDLESS_SECONDS = 20
const MAX_CASE_BYTES = 4_194_304

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    cases: { type: 'string' },
    seed: { type: 'string', default: '1' },
    reader: { type: 'string', multiple: true, default: [] },
    list: { type: 'boolean', default: false },
    table: { type: 'string' },
    replay: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const chosen = chosenTargets(values.reader.flatMap((names) => names.split(',')))
if (values.help) process.stdout.write(`${usage}\n`)
else if (values.list) process.stdout.write(`${chosen.map(({ name }) => name).join('\n')}\n`)
else if (values.replay !== undefined) await replayOne(values.replay)
else await run()
process.exit()

function chosenTargets(names: readonly string[]): readonly FuzzTarget[] {
  if (names.length === 0) return targets
  return names.flatMap((name) => {
    const those = targets.filter(
      (one) => one.name === name || (name.endsWith(':') && one.name.startsWith(name)),
    )
    if (those.length === 0) throw new Error(`no reader ${name}: --list names them`)
    return those
  })
}

async function replayOne(file: string): Promise<void> {
  const [target, more] = chosen
  if (target === undefined || more !== undefined) throw new Error('--replay needs one --reader')
  const fault = await replay(target, readFileSync(file))
  process.stdout.write(fault === undefined ? `${target.name}: nothing wrong\n` : `${target.name}: ${fault}\n`)
  process.exitCode = fault === undefined ? 0 : 1
}

async function run(): Promise<void> {
  const seed = number(values.seed, '--seed')
  const cases = values.cases === undefined ? Number.POSITIVE_INFINITY : number(values.cases, '--cases')
  const asked = values.minutes === undefined ? undefined : number(values.minutes, '--minutes')
  const minutes = asked ?? (values.cases === undefined ? 1 : Number.POSITIVE_INFINITY)
  const watching = watchdog()
  const head =
    '| reader | cases | seed | cases/s of CPU | outcomes | slowest | faults |\n| --- | --: | --: | --: | --: | --: | --- |'
  process.stdout.write(`${head}\n`)
  let left = minutes * 60_000
  for (const [index, target] of chosen.entries()) {
    const result = await fuzz(target, seed, { cases, ms: left / (chosen.length - index) }, watching(target))
    left -= result.ms
    clearLine()
    const row = rowOf(result)
    process.stdout.write(`${row}\n`)
    if (values.table !== undefined) appendFileSync(values.table, `${row}\n`)
    for (const fault of result.faults) tell(fault, seed)
  }
}

function rowOf(result: FuzzResult): string {
  const { reader, seed, cases, cpuMs, outcomes, slowestMs, faults } = result
  const perSecond = Math.round((1000 * cases) / cpuMs)
  const grouped = (value: number) => value.toLocaleString('en-US')
  const told = faults.length === 0 ? 'none' : `${faults.length}`
  return `| ${reader} | ${grouped(cases)} | ${seed} | ${grouped(perSecond)} | ${grouped(outcomes)} | ${slowestMs.toFixed(1)} ms | ${told} |`
}

function tell({ reader, kind, message, input, found: whole }: Fault, seed: number): void {
  process.exitCode = 1
  mkdirSync(found, { recursive: true })
  const name = `${reader} ${kind}`.replaceAll(/[^\w]+/g, '-').slice(0, 100)
  const file = join(found, `${name}.bin`)
  writeFileSync(file, input)
  writeFileSync(join(found, `${name}.whole.bin`), whole)
  process.stdout.write(
    `  ${reader}: ${message}\n  seed ${seed}, ${input.length} of ${whole.length} bytes needed\n`,
  )
  process.stdout.write(`  npm run fuzz -- --reader ${reader} --replay ${file}\n`)
}

/** Shows where it stands, and lets a thread beside see each case, so that an endless one is written down. */
function watchdog(): (target: FuzzTarget) => Watch {
  const head = new Int32Array(new SharedArrayBuffer(16))
  const bytes = new Uint8Array(new SharedArrayBuffer(MAX_CASE_BYTES))
  const names = targets.map(({ name }) => name)
  const workerData = { head, bytes, folder: found, names, seconds: ENDLESS_SECONDS }
  new Worker(join(folder, 'watchdog.mjs'), { workerData }).unref()
  return (target) => {
    const reader = targets.indexOf(target)
    let shownMs = 0
    const begun = performance.now()
    return {
      begin(input) {
        bytes.set(input.length > MAX_CASE_BYTES ? input.subarray(0, MAX_CASE_BYTES) : input)
        head[2] = reader
        head[1] = Math.min(input.length, MAX_CASE_BYTES)
        Atomics.add(head, 0, 1)
      },
      progress(cases, { outcomes, faults }) {
        const ms = performance.now()
        if (ms - shownMs < (process.stderr.isTTY ? 500 : 30_000)) return
        shownMs = ms
        const perSecond = Math.round((1000 * cases) / (ms - begun))
        const line = `${target.name}: ${cases} cases, ${perSecond}/s, ${outcomes} outcomes, ${faults.length} faults`
        process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}` : `${line}\n`)
      },
    }
  }
}

function clearLine(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
}

function number(text: string, option: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0) throw new Error(`${option} needs a number, not ${text}`)
  return value
}
