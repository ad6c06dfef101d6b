/** How devices are told apart. Absent: by address and hello, and one whose address changes is found again where that is safe. */
export type KnownBy = 'address' | 'hello'

export interface KnownDevicesOptions {
  readonly knownBy: KnownBy | undefined
  /** Several devices are expected: the same hello from another address is another device. */
  readonly several: boolean
  /** Whether a device is in the middle of its exam, so that its next connection is waited for. */
  readonly isUnderway: (device: string) => boolean
  /** How long a device usually takes to come back; undefined: not known. */
  readonly usualGapMs: (device: string) => number | undefined
}

/** Whose connection it is. */
export type Recognised =
  | { readonly kind: 'known'; readonly device: string }
  /** From an address that it had before another one: either it came back, or they are two. */
  | { readonly kind: 'returned'; readonly device: string }
  /** `twinOf` has the same hello and another address. */
  | { readonly kind: 'new'; readonly device: string; readonly twinOf: string | undefined }
  | { readonly kind: 'moved'; readonly device: string; readonly from: string }
  /** The hello of a device that came from elsewhere a moment ago: one that moved, or another of its kind. */
  | { readonly kind: 'unclear'; readonly device: string }

/** A device that did not come for so many of its usual gaps, and so long at least, has gone from its address. */
const GAPS_OF_SILENCE = 3
const LEAST_SILENCE_MS = 3_000
const MOST_SILENCE_MS = 10 * 60_000
/** Of a device whose gap is not known. */
const UNKNOWN_GAP_MS = 10_000
/** Addresses with a hello that is not clear yet. */
const MOST_UNCLEAR = 64

interface Known {
  readonly id: string
  readonly print: string
  address: string
  /** When it was last heard of: the begin or the end of a connection. */
  lastMs: number
  open: boolean
}

/** Devices by address and hello. Times are given in, in milliseconds of one clock. */
export class KnownDevices {
  readonly #options: KnownDevicesOptions
  readonly #byKey = new Map<string, Known>()
  readonly #devices = new Map<string, Known>()
  /** Hellos that more than one device has. */
  readonly #shared = new Set<string>()
  readonly #unclear = new Set<string>()

  constructor(options: KnownDevicesOptions, earlier: Iterable<string>, nowMs: number) {
    this.#options = options
    for (const id of earlier) {
      const [address = '', print = ''] = id.split(' ')
      this.#add({ id, print, address, lastMs: nowMs, open: false })
    }
  }

  /** A whole hello has come. */
  recognise(address: string, print: string, nowMs: number): Recognised {
    const key = keyOf(address, print)
    const known = this.#byKey.get(key)
    if (known === undefined) return this.#meet(address, print, nowMs)
    known.lastMs = nowMs
    // It still comes from where it was: whoever else has its hello is another device.
    if (this.#unclearBeside(print)) this.#shared.add(print)
    if (known.address === address) return { kind: 'known', device: known.id }
    known.address = address
    return { kind: 'returned', device: known.id }
  }

  #meet(address: string, print: string, nowMs: number): Recognised {
    const { knownBy, several, isUnderway } = this.#options
    const alike = [...this.#devices.values()].filter((one) => one.print === print)
    const [first] = alike
    if (first === undefined || knownBy === 'address') return this.#begin(address, print, nowMs, first?.id)
    if (knownBy === 'hello') return this.#move(first, address, nowMs)
    if (alike.length > 1 || several || this.#shared.has(print) || !isUnderway(first.id))
      return this.#begin(address, print, nowMs, first.id)
    if (!first.open && nowMs - first.lastMs >= this.#silenceMs(first.id))
      return this.#move(first, address, nowMs)
    if (this.#unclear.size < MOST_UNCLEAR) this.#unclear.add(keyOf(address, print))
    return { kind: 'unclear', device: first.id }
  }

  #silenceMs(device: string): number {
    const gap = this.#options.usualGapMs(device) ?? UNKNOWN_GAP_MS
    return Math.min(MOST_SILENCE_MS, Math.max(LEAST_SILENCE_MS, GAPS_OF_SILENCE * gap))
  }

  #begin(address: string, print: string, nowMs: number, twinOf: string | undefined): Recognised {
    const id = keyOf(address, print)
    this.#add({ id, print, address, lastMs: nowMs, open: false })
    return { kind: 'new', device: id, twinOf }
  }

  #move(known: Known, address: string, nowMs: number): Recognised {
    const from = known.address
    known.address = address
    known.lastMs = nowMs
    this.#byKey.set(keyOf(address, known.print), known)
    this.#unclear.delete(keyOf(address, known.print))
    return { kind: 'moved', device: known.id, from }
  }

  #add(known: Known): void {
    this.#byKey.set(known.id, known)
    this.#devices.set(known.id, known)
    this.#unclear.delete(known.id)
  }

  #unclearBeside(print: string): boolean {
    return [...this.#unclear].some((key) => key.endsWith(` ${print}`))
  }

  opened(device: string): void {
    const known = this.#devices.get(device)
    if (known !== undefined) known.open = true
  }

  closed(device: string, nowMs: number): void {
    const known = this.#devices.get(device)
    if (known === undefined) return
    known.open = false
    known.lastMs = nowMs
  }

  forget(device: string): void {
    this.#devices.delete(device)
    for (const [key, { id }] of this.#byKey) if (id === device) this.#byKey.delete(key)
  }
}

function keyOf(address: string, print: string): string {
  return `${address} ${print}`
}
