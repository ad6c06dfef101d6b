import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Dialects, makeDialects } from '../src/log/dialects.ts'
import { LogReader } from '../src/log/log-reader.ts'
import { makeLog } from './make-log.ts'
import { tellRow } from './row.ts'

// A large device log: `node bench/run.mjs logs [MB]`. The peer is GNU grep, which finds the lines that hold any of the same
// literals by the same algorithm (`grep -c -i -F -f`, bytes, no locale); matching, decoding and gathering is ours alone.

const CHUNK_BYTES = 1_048_576
/** What is asked for. */
const WANTED_MB_PER_SECOND = 100
const WANTED_MEMORY_MB = 300

const [first, second] = process.argv.slice(2)
if (first === 'read') readOurs(second!)
else compare(Number(first ?? 100))

function compare(megabytes: number): void {
  const path = join(tmpdir(), `tlsfit-bench-${process.pid}.log`)
  const anchors = `${path}.anchors`
  try {
    makeLog(path, megabytes * 1e6)
    writeFileSync(anchors, [...new Set(openDialects().lines.map(({ format }) => format.anchor))].join('\n'))
    spawnSync('cat', [path], { stdio: ['ignore', 'ignore', 'ignore'] }) // both find it in the page cache
    const ours = [0, 1, 2].map(() => run(process.execPath, [fileURLToPath(import.meta.url), 'read', path]))
    const grep = run('grep', ['-c', '-i', '-F', '-f', anchors, path])
    const best = ours.reduce((a, b) => (b.readMs < a.readMs ? b : a))
    const rate = (megabytes * 1000) / best.readMs
    const grepRate = megabytes / grep.seconds
    console.log(
      `log, ${megabytes} MB: ${rate.toFixed(0)} MB/s (${best.lines} lines, ${best.symptoms} symptoms; ` +
        `${best.memoryMb.toFixed(0)} MB of memory); process ${best.seconds.toFixed(2)} s, of which the dialects ` +
        `${best.openMs.toFixed(0)} ms; grep ${grep.seconds.toFixed(2)} s, ${grepRate.toFixed(0)} MB/s, ` +
        `${grep.lines} lines hold an anchor; reading ${(rate / grepRate).toFixed(1)} times as fast`,
    )
    const met = rate >= WANTED_MB_PER_SECOND && best.memoryMb <= WANTED_MEMORY_MB
    tellRow({
      what: `${megabytes} MB of log`,
      ours: `${rate.toFixed(0)} MB/s, ${best.memoryMb.toFixed(0)} MB`,
      peer: `grep ${grepRate.toFixed(0)} MB/s`,
      ratio: `${(rate / grepRate).toFixed(1)} times`,
      goal: `${WANTED_MB_PER_SECOND} MB/s, ${WANTED_MEMORY_MB} MB`,
      met,
    })
    process.exitCode = met ? 0 : 1
  } finally {
    rmSync(path, { force: true })
    rmSync(anchors, { force: true })
  }
}

interface Read {
  readonly openMs: number
  readonly readMs: number
  readonly lines: number
  readonly symptoms: number
}

/** Through time(1), whose %M is the largest resident set in kB. */
function run(program: string, args: readonly string[]): Read & { seconds: number; memoryMb: number } {
  const env = { ...process.env, LC_ALL: 'C' }
  const { stdout, stderr, status } = spawnSync('/usr/bin/time', ['-f', '%e %M', program, ...args], {
    encoding: 'utf8',
    env,
  })
  if (status !== 0) throw new Error(`${program}: ${stderr}`)
  const [seconds, memoryKb] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number)
  const none = { openMs: 0, readMs: 0, symptoms: 0 }
  const read: Read = program === 'grep' ? { ...none, lines: Number(stdout) } : JSON.parse(stdout)
  return { ...read, seconds: seconds!, memoryMb: memoryKb! / 1024 }
}

function readOurs(path: string): void {
  const began = performance.now()
  const reader = new LogReader(openDialects())
  const opened = performance.now()
  const file = openSync(path, 'r')
  const chunk = Buffer.alloc(CHUNK_BYTES)
  for (let count = readSync(file, chunk); count > 0; count = readSync(file, chunk)) {
    reader.push(chunk.subarray(0, count))
  }
  closeSync(file)
  const { lines, symptoms } = reader.finish()
  const read: Read = {
    openMs: opened - began,
    readMs: performance.now() - opened,
    lines,
    symptoms: symptoms.length,
  }
  console.log(JSON.stringify(read))
}

/** From the YAML: the bench measures the sources. */
function openDialects(): Dialects {
  const folder = join(process.env.TLSFIT_BENCH ?? import.meta.dirname, '../dialects')
  const read = (part: string) =>
    new Map(
      readdirSync(join(folder, part))
        .filter((name) => name.endsWith('.yaml'))
        .sort()
        .map((name) => [name, readFileSync(join(folder, part, name), 'utf8')]),
    )
  const dialects = read('.')
  const signs = dialects.get('signs.yaml')!
  dialects.delete('signs.yaml')
  return makeDialects({ signs, dialects, codes: read('codes') })
}
