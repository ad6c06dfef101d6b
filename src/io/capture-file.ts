import { CaptureError } from '../capture/capture-error.ts'
import { captureFormat } from '../capture/capture-format.ts'
import { type CaptureEnd, CaptureReader, type CaptureSinks } from '../capture/capture-reader.ts'
import { type GunzipBounds, type GunzipEnd, gunzip } from './gunzip.ts'
import { InputError } from './input-error.ts'

/** Unpacked bytes of one capture: an endless one ends here. */
const MAX_CAPTURE_BYTES = 64 * 1024 ** 3

export interface CaptureBounds extends GunzipBounds {
  readonly captureBytes?: number
}

const WANTED = 'a pcap or pcapng file; it may be packed with gzip'

/**
 * `chunks` are `process.stdin` or the like; a chunk may be reused once the next is asked for. `name` is that of the
 * input in errors. Memory stays bounded whatever the stream's length. Throws `InputError` where it is no capture; what is
 * wrong further on is a note.
 */
export async function readCaptureStream(
  name: string,
  chunks: AsyncIterable<Buffer>,
  sinks: CaptureSinks,
  bounds: CaptureBounds = {},
): Promise<CaptureEnd> {
  const bound = bounds.captureBytes ?? MAX_CAPTURE_BYTES
  const reader = new CaptureReader(sinks)
  let bytes = 0
  const push = (chunk: Buffer): boolean => {
    const room = bound - bytes
    bytes += chunk.length
    if (chunk.length <= room) return reader.push(chunk)
    reader.push(chunk.subarray(0, room))
    sinks.onNote(`reading stopped at byte ${bound}: no more is read of one capture`)
    return false
  }
  let broken: string | undefined
  try {
    const packed = await pour(chunks, push, bounds)
    if (packed !== undefined) broken = `${packed.reason}, at byte ${packed.packedOffset} of the packed file`
    const end = reader.finish()
    if (broken !== undefined) sinks.onNote(broken)
    return end
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error
    if (broken === undefined) throw inputError(error, name)
    throw new InputError('capture-truncated', `${name}: ${broken}`, `give ${WANTED}`, name)
  }
}

/** Through gzip where the first bytes say so. */
async function pour(
  chunks: AsyncIterable<Buffer>,
  push: (chunk: Buffer) => boolean,
  bounds: GunzipBounds,
): Promise<GunzipEnd> {
  const { first, rest } = await peek(chunks)
  if (captureFormat(first)?.kind === 'gzip') return await gunzip(rest, push, bounds)
  for await (const chunk of rest) if (!push(chunk)) break
  return undefined
}

/** The first bytes, four if there are so many, and the whole stream again. */
async function peek(chunks: AsyncIterable<Buffer>) {
  const iterator = chunks[Symbol.asyncIterator]()
  let step = await iterator.next()
  // Copied only where a chunk is too short to tell: a pipe that drips.
  while (!step.done && step.value.length < 4) {
    const short = Buffer.from(step.value)
    const more = await iterator.next()
    if (more.done) {
      step = { done: false, value: short }
      break
    }
    step = { done: false, value: Buffer.concat([short, more.value]) }
  }
  const first = step.done ? undefined : step.value
  async function* rest() {
    try {
      if (first === undefined) return
      yield first
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value
    } finally {
      await iterator.return?.()
    }
  }
  return { first: first ?? Buffer.alloc(0), rest: rest() }
}

function inputError(error: CaptureError, name: string): InputError {
  const code = error.code === 'not-a-capture' ? error.code : `capture-${error.code}`
  return new InputError(code, `${name}: ${error.message}`, error.hint ?? `give ${WANTED}`, name)
}
