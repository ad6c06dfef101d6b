import { setTimeout as sleep } from 'node:timers/promises'
import type { Part } from '../bench/part.ts'
import { judgeFlatness, type TimedSample } from './flatness.ts'
import type { Sample } from './sample.ts'

export interface SoakOptions {
  readonly minutes: number
  readonly load: number
  readonly everySeconds: number
  readonly seed: number
}

/** What makes the load, in the process that watches the other one. */
export interface Load {
  /** Resolves when the signal is aborted and nothing of it is under way. */
  run(until: AbortSignal): Promise<void>
  /** What it did, for people. */
  told(): string
}

/** How long what was under way may take to end: time limits of the slowest. */
const REST_SECONDS = 90

/** Loads `part` for so long, and prints a row a sample and what it comes to. Gives whether all is flat. */
export async function soak(what: string, part: Part, load: Load, options: SoakOptions): Promise<boolean> {
  // Files that are opened once, code that is compiled once.
  await load.run(AbortSignal.timeout(Math.min(20_000, options.minutes * 60_000 * 0.1)))
  const before = await atRest(part)
  console.log(`${what}, load ${options.load}, ${options.minutes} min, seed ${options.seed}`)
  console.log('| minute | done | failures | heap MB | RSS MB | descriptors | sockets | timers | on disk MB |')
  console.log('| -----: | ---: | -------: | ------: | -----: | ----------: | ------: | -----: | ---------: |')
  show('before', before)
  const beganMs = performance.now()
  const ending = new AbortController()
  const loaded = load.run(ending.signal)
  const samples: TimedSample[] = []
  const endMs = beganMs + options.minutes * 60_000
  while (performance.now() < endMs) {
    await sleep(Math.min(options.everySeconds * 1_000, Math.max(0, endMs - performance.now())))
    const minutes = (performance.now() - beganMs) / 60_000
    const sample = { ...((await part.ask('sample')) as Sample), minutes }
    samples.push(sample)
    show(minutes.toFixed(1), sample)
  }
  ending.abort()
  await loaded
  const after = await atRest(part, before)
  show('after', after)
  const flat = judgeFlatness(samples, before, after)
  console.log(load.told())
  const perMinute = (bytes: number) => `${(bytes / 1_000).toFixed(1)} kB a minute`
  console.log(
    `last two thirds: heap ${perMinute(flat.heapBytesAMinute)} (${flat.heapBytesAnOperation.toFixed(1)} bytes an operation), RSS ${perMinute(flat.rssBytesAMinute)}`,
  )
  console.log(flat.faults.length === 0 ? 'flat' : flat.faults.map((fault) => `NOT FLAT: ${fault}`).join('\n'))
  return flat.faults.length === 0
}

/** Asks until no more is held than in `like`, or, without that, until what is held stays the same. */
async function atRest(part: Part, like?: Sample): Promise<Sample> {
  let last: Sample | undefined
  for (const endMs = performance.now() + REST_SECONDS * 1_000; ; ) {
    const sample = (await part.ask('sample')) as Sample
    const wanted = like ?? last
    const kinds = ['descriptors', 'sockets', 'timers'] as const
    if (wanted !== undefined && kinds.every((kind) => sample[kind] <= wanted[kind])) return sample
    if (performance.now() > endMs) return sample
    last = sample
    await sleep(like === undefined ? 3_000 : 500)
  }
}

function show(
  when: string,
  { operations, failures, heapBytes, rssBytes, storeBytes, ...held }: Sample,
): void {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1)
  const cells = [
    ...[when, operations, failures, megabytes(heapBytes), megabytes(rssBytes)],
    ...[held.descriptors, held.sockets, held.timers, megabytes(storeBytes)],
  ]
  console.log(`| ${cells.join(' | ')} |`)
}
