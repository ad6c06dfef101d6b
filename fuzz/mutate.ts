import type { Chance } from './chance.ts'
import { changeText } from './mutate-text.ts'

/** Numbers at which readers break: ends of ranges, and the bounds of TLS, of records and of our own. */
const edges = [
  0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 32, 64, 127, 128, 129, 254, 255, 256, 257, 511, 512, 1023, 1024,
]
const wideEdges = [4095, 4096, 16_383, 16_384, 16_385, 18_432, 18_433, 32_767, 32_768, 65_534, 65_535, 65_536]
const widestEdges = [0xff_ffff, 0x100_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff]
const allEdges = [...edges, ...wideEdges, ...widestEdges]

export interface Pool {
  readonly inputs: readonly Uint8Array[]
  readonly words: readonly Uint8Array[]
  readonly text: boolean
  readonly maxBytes: number
}

/** A changed copy of one of the pool's inputs: one to eight changes, most often one or two. */
export function mutated(base: Uint8Array, pool: Pool, chance: Chance): Uint8Array {
  let bytes = Uint8Array.from(base)
  let changes = 1
  while (changes < 8 && chance.oneIn(2)) changes++
  for (let i = 0; i < changes; i++) {
    bytes = pool.text && !chance.oneIn(4) ? changeText(bytes, pool, chance) : change(bytes, pool, chance)
  }
  return bytes.length > pool.maxBytes ? bytes.slice(0, pool.maxBytes) : bytes
}

function change(bytes: Uint8Array<ArrayBuffer>, pool: Pool, chance: Chance): Uint8Array<ArrayBuffer> {
  const at = bytes.length === 0 ? 0 : chance.below(bytes.length)
  switch (chance.below(13)) {
    case 0:
      return set(bytes, at, (bytes[at] ?? 0) ^ (1 << chance.below(8)))
    case 1:
      return set(bytes, at, chance.below(256))
    case 2:
      return set(bytes, at, (bytes[at] ?? 0) + (chance.oneIn(2) ? 1 : 255))
    case 3:
      return writeNumber(bytes, at, chance)
    case 4:
      return changeLength(bytes, at, chance)
    case 5:
      return bytes.slice(0, at)
    case 6:
      return replace(bytes, at, at + 1 + chance.below(Math.min(64, bytes.length - at || 1)), none)
    case 7: {
      const part = bytes.slice(at, at + 1 + chance.below(64))
      return replace(bytes, at, at, part)
    }
    case 8:
      return replace(bytes, at, at, noise(1 + chance.below(chance.oneIn(16) ? 600 : 12), chance))
    case 9:
      return resize(bytes, at, chance)
    case 10: {
      const other = chance.pick(pool.inputs)
      const from = other.length === 0 ? 0 : chance.below(other.length)
      const part = other.slice(from, from + 1 + chance.below(Math.min(256, other.length - from || 1)))
      return replace(bytes, at, chance.oneIn(2) ? at : at + part.length, part)
    }
    case 11: {
      const other = chance.pick(pool.inputs)
      const from = other.length === 0 ? 0 : chance.below(other.length)
      return replace(bytes, at, bytes.length, other.slice(from))
    }
    default: {
      const word = pool.words.length === 0 ? noise(2, chance) : chance.pick(pool.words)
      return replace(bytes, at, chance.oneIn(2) ? at : at + word.length, word)
    }
  }
}

const none = new Uint8Array(0)

function set(bytes: Uint8Array<ArrayBuffer>, at: number, value: number): Uint8Array<ArrayBuffer> {
  if (at < bytes.length) bytes[at] = value
  return bytes
}

/** A number of one to four bytes, in either order. */
function writeNumber(bytes: Uint8Array<ArrayBuffer>, at: number, chance: Chance): Uint8Array<ArrayBuffer> {
  const width = 1 + chance.below(4)
  const value = chance.oneIn(4) ? bytes.length - at - width + chance.below(3) - 1 : chance.pick(allEdges)
  return write(bytes, at, width, value, chance.oneIn(4))
}

function write(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  width: number,
  value: number,
  little: boolean,
): Uint8Array<ArrayBuffer> {
  for (let i = 0; i < width && at + i < bytes.length; i++) {
    bytes[at + i] = Math.floor(value / 256 ** (little ? i : width - 1 - i)) & 0xff
  }
  return bytes
}

/** Searches on from `from` for what may be a length, and makes it one more or less, or as long as what is left. */
function changeLength(bytes: Uint8Array<ArrayBuffer>, from: number, chance: Chance): Uint8Array<ArrayBuffer> {
  const width = 1 + chance.below(3)
  for (let at = from; at + width <= bytes.length && at < from + 64; at++) {
    const value = read(bytes, at, width)
    if (value === 0 || at + width + value > bytes.length) continue
    const left = bytes.length - at - width
    return write(bytes, at, width, chance.pick([value + 1, value - 1, left, left + 1, 0]), false)
  }
  return bytes
}

/** Puts bytes in or takes some out, and mends what may be the lengths around: the change lies deeper than the lengths. */
function resize(bytes: Uint8Array<ArrayBuffer>, at: number, chance: Chance): Uint8Array<ArrayBuffer> {
  const most = Math.min(bytes.length - at, 32)
  const cut = chance.oneIn(2) && most > 0 ? 1 + chance.below(most) : 0
  const part = cut === 0 ? noise(1 + chance.below(16), chance) : none
  const changed = replace(bytes, at, at + cut, part)
  const difference = part.length - cut
  for (let q = Math.max(0, at - 2048); q < at; q++) {
    const width = bytes[q] === 0 ? 3 : chance.oneIn(2) ? 2 : 1
    const value = read(bytes, q, width)
    const end = q + width + value
    if (q + width > at || end < at + cut || end > bytes.length || value < 2) continue
    write(changed, q, width, value + difference, false)
    q += width - 1
  }
  return changed
}

function read(bytes: Uint8Array, at: number, width: number): number {
  let value = 0
  for (let i = 0; i < width; i++) value = value * 256 + (bytes[at + i] ?? 0)
  return value
}

export function replace(
  bytes: Uint8Array,
  from: number,
  to: number,
  part: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const end = Math.min(to, bytes.length)
  const out = new Uint8Array(from + part.length + bytes.length - end)
  out.set(bytes.subarray(0, from))
  out.set(part, from)
  out.set(bytes.subarray(end), from + part.length)
  return out
}

function noise(length: number, chance: Chance): Uint8Array {
  const bytes = new Uint8Array(length)
  const same = chance.oneIn(3) ? chance.below(256) : undefined
  for (let i = 0; i < length; i++) bytes[i] = same ?? chance.below(256)
  return bytes
}
