import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CaptureReader } from '../src/capture/capture-reader.ts'
import { Decapsulator } from '../src/capture/decapsulator.ts'
import { SessionReader } from '../src/capture/read-sessions.ts'
import { type CaptureKind, captureKinds, makeCapture } from './make-capture.ts'

// TLS facts of large captures, ours against tshark in the same run: `node bench/run.mjs captures [MB] [kind...]`.
// Each reading is a process of its own, start-up included, and its memory is measured by the kernel.

const CHUNK_BYTES = 1_048_576
/** What issue 4 asks for. */
const WANTED_RATIO = 15
const WANTED_MEMORY_MB = 300

const [first, ...rest] = process.argv.slice(2)
if (first === 'read') readOurs(rest[0]!)
else compare(Number(first ?? 160), rest.length > 0 ? (rest as CaptureKind[]) : captureKinds)

interface Run {
  readonly seconds: number
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
      const theirs = run('tshark', [
        ...['-r', path, '-Y', 'tls.handshake', '-T', 'fields'],
        ...['-e', 'tls.handshake.type', '-e', 'tls.handshake.extensions_server_name', '-e', 'ip.src'],
      ])
      const ratio = theirs.seconds / ours.seconds
      const rate = megabytes / ours.seconds
      missed ||= ratio < WANTED_RATIO || ours.memoryMb > WANTED_MEMORY_MB
      console.log(
        `${kind}, ${megabytes} MB: ${show(ours)}, ${rate.toFixed(0)} MB/s; tshark ${show(theirs)}; ${ratio.toFixed(1)} times`,
      )
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

function show({ seconds, memoryMb }: Run): string {
  return `${seconds.toFixed(2)} s, ${memoryMb.toFixed(0)} MB`
}

function best(runs: readonly Run[]): Run {
  const seconds = Math.min(...runs.map((one) => one.seconds))
  return { seconds, memoryMb: Math.max(...runs.map((one) => one.memoryMb)), hellos: runs[0]!.hellos }
}

/** Through time(1), whose %M is the largest resident set in kB. */
function run(program: string, args: readonly string[]): Run {
  const options = { encoding: 'utf8', maxBuffer: 1e9 } as const
  const { stdout, stderr, status } = spawnSync('/usr/bin/time', ['-f', '%e %M', program, ...args], options)
  if (status !== 0) throw new Error(`${program}: ${stderr}`)
  const [seconds, memoryKb] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number)
  const hellos =
    program === 'tshark'
      ? stdout.split('\n').filter((line) => line.split('\t')[0]!.split(',').includes('1')).length
      : Number(stdout)
  return { seconds: seconds!, memoryMb: memoryKb! / 1024, hellos }
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
