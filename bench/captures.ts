import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CaptureReader } from '../src/capture/capture-reader.ts'
import { Decapsulator } from '../src/capture/decapsulator.ts'
import { SessionReader } from '../src/capture/read-sessions.ts'
import { type CaptureKind, captureKinds, makeCapture, toPcapng } from './make-capture.ts'
import { tellRow } from './row.ts'

// TLS facts of large captures, ours against tshark in the same run: `node bench/run.mjs captures [MB] [kind...]`.
// With ssldump beside it where that is installed. `node bench/run.mjs captures cold` has the whole program of `dist/`, which
// ranks causes too, read 5 MB of pcapng. Each reading is a process of its own, start-up included; its memory is measured by
// the kernel, and ratios of processor time are given as well, which other work on the machine disturbs less.

const CHUNK_BYTES = 1_048_576
/** What is asked for. */
const WANTED_RATIO = 15
const WANTED_MEMORY_MB = 300
const WANTED_COLD_RATIO = 2
const COLD_BYTES = 5e6
/** Debian's place, which is not on everybody's path. */
const SSLDUMP = '/usr/sbin/ssldump'

const [first, ...rest] = process.argv.slice(2)
if (first === 'read') readOurs(rest[0]!)
else if (first === 'cold') compareCold()
else compare(Number(first ?? 160), rest.length > 0 ? (rest as CaptureKind[]) : captureKinds)

interface Run {
  readonly seconds: number
  /** Of the processor, all threads together. */
  readonly processorSeconds: number
  readonly memoryMb: number
  readonly hellos: number
}

function compare(megabytes: number, kinds: readonly CaptureKind[]): void {
  let missed = false
  for (const kind of kinds) {
    const path = join(tmpdir(), `tlsfit-bench-${process.pid}.pcap`)
    try {
      makeCapture(path, kind, megabytes * 1e6)
      spawnSync('cat', [path], { stdio: ['ignore', 'ignore', 'ignore'] }) // both find it in the page cache
      const ours = best(
        [0, 1, 2].map(() => run(process.execPath, [fileURLToPath(import.meta.url), 'read', path])),
      )
      const theirs = runTshark(path)
      const ratio = theirs.seconds / ours.seconds
      const rate = megabytes / ours.seconds
      const met = ratio >= WANTED_RATIO && ours.memoryMb <= WANTED_MEMORY_MB
      missed ||= !met
      tellRow({
        what: `${megabytes} MB, ${kind}`,
        ...{ ours: show(ours), peer: `tshark ${show(theirs)}`, ratio: ratios(theirs, ours) },
        ...{ goal: `${WANTED_RATIO} times, ${WANTED_MEMORY_MB} MB`, met },
      })
      console.log(
        `${kind}, ${megabytes} MB: ${show(ours)}, ${rate.toFixed(0)} MB/s; tshark ${show(theirs)}; ${ratios(theirs, ours)}`,
      )
      if (existsSync(SSLDUMP)) {
        const old = run(SSLDUMP, ['-n', '-r', path])
        console.log(`  ssldump ${show(old)}; ${ratios(old, ours)}; ${old.hellos} ClientHellos`)
        missed ||= old.seconds < ours.seconds
      } else console.log('  ssldump is not installed: no comparison')
      if (ours.hellos !== theirs.hellos) {
        console.log(`  ClientHellos differ: ${ours.hellos} here, ${theirs.hellos} by tshark`)
        missed = true
      }
    } finally {
      rmSync(path, { force: true })
    }
  }
  process.exitCode = missed ? 1 : 0
}

/** The program as it is shipped, start-up, ranking and report included. */
function compareCold(): void {
  const path = join(tmpdir(), `tlsfit-bench-${process.pid}.pcap`)
  const main = join(process.env.TLSFIT_BENCH ?? import.meta.dirname, '../dist/cli/main.js')
  try {
    makeCapture(path, 'handshakes', COLD_BYTES)
    writeFileSync(path, toPcapng(readFileSync(path)))
    const ours = best([0, 1, 2, 3, 4].map(() => run(process.execPath, [main, 'explain', path])))
    const theirs = best([0, 1, 2, 3, 4].map(() => runTshark(path)))
    console.log(`cold, 5 MB of pcapng: ${show(ours)}; tshark ${show(theirs)}; ${ratios(theirs, ours)}`)
    process.exitCode = theirs.seconds / ours.seconds < WANTED_COLD_RATIO ? 1 : 0
  } finally {
    rmSync(path, { force: true })
  }
}

function runTshark(path: string): Run {
  return run('tshark', [
    ...['-r', path, '-Y', 'tls.handshake', '-T', 'fields'],
    ...['-e', 'tls.handshake.type', '-e', 'tls.handshake.extensions_server_name', '-e', 'ip.src'],
  ])
}

function ratios(theirs: Run, ours: Run): string {
  const processor = theirs.processorSeconds / ours.processorSeconds
  return `${(theirs.seconds / ours.seconds).toFixed(1)} times (processor ${processor.toFixed(1)} times)`
}

function show({ seconds, memoryMb }: Run): string {
  return `${seconds.toFixed(2)} s, ${memoryMb.toFixed(0)} MB`
}

function best(runs: readonly Run[]): Run {
  const seconds = Math.min(...runs.map((one) => one.seconds))
  const processorSeconds = Math.min(...runs.map((one) => one.processorSeconds))
  return {
    seconds,
    processorSeconds,
    memoryMb: Math.max(...runs.map((one) => one.memoryMb)),
    hellos: runs[0]!.hellos,
  }
}

/** Through time(1), whose %M is the largest resident set in kB. */
function run(program: string, args: readonly string[]): Run {
  const options = { encoding: 'utf8', maxBuffer: 1e9 } as const
  const { stdout, stderr, status } = spawnSync(
    '/usr/bin/time',
    ['-f', '%e %U %S %M', program, ...args],
    options,
  )
  if (status !== 0) throw new Error(`${program}: ${stderr}`)
  const [seconds, user, system, memoryKb] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number)
  const hellos = countHellos(program, stdout)
  return { seconds: seconds!, processorSeconds: user! + system!, memoryMb: memoryKb! / 1024, hellos }
}

function countHellos(program: string, stdout: string): number {
  const lines = stdout.split('\n')
  if (program === 'tshark')
    return lines.filter((line) => line.split('\t')[0]!.split(',').includes('1')).length
  if (program === SSLDUMP) return lines.filter((line) => line.endsWith('ClientHello')).length
  return Number(stdout)
}

/** Reads one file and prints how many ClientHellos it has. */
function readOurs(path: string): void {
  let hellos = 0
  const sessions = new SessionReader({ onSession: (session) => (hellos += session.clientHellos.length) })
  const layers = new Decapsulator(sessions.packet, () => {})
  const capture = new CaptureReader({ onFrame: layers.frame, onSecrets: () => {}, onNote: () => {} })
  const file = openSync(path, 'r')
  const chunk = Buffer.alloc(CHUNK_BYTES)
  for (let count = readSync(file, chunk); count > 0; count = readSync(file, chunk)) {
    if (!capture.push(chunk.subarray(0, count))) break
  }
  closeSync(file)
  capture.finish()
  layers.finish()
  sessions.finish()
  console.log(hellos)
}
