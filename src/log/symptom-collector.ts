import type { Dialects, LineFormat } from './dialects.ts'
import { takenByPlaceholder } from './format.ts'
import { meaningOf, readCodes, unite } from './line-meaning.ts'
import { clientOf, type LineTime, showLine } from './log-line.ts'
import { furthestFailure, maySay, saysEnough, standardShare } from './standard-words.ts'
import type { LogDevice, LogEvent, LogFacts, Places, Symptom, WeighedSign } from './symptom.ts'

/** A format that a line matches, before it is known which dialects are spoken and which versions run. */
export interface RawMatch {
  readonly format: LineFormat
  readonly index: number
  readonly values: ReadonlyMap<string, string>
  readonly start: number
  readonly end: number
  /** 2: with its tag; 1: the format has none; 0: without its tag. */
  readonly tagged: 0 | 1 | 2
}

/** Different symptoms of one log; a real one has some dozens. */
const MAX_SYMPTOMS = 4000
/** Appearances kept from the beginning and from the end. */
const MAX_EVENTS = 10_000
const MAX_PLACES = 32
const MAX_DEVICE_LINES = 8
/** What a matching tag is worth against letters of a longer format. */
const TAG_WORTH = 12
/** Free heap in bytes under which a TLS handshake of Mbed TLS or BearSSL with ordinary buffers does not fit. */
const LOW_HEAP_BYTES = 20_000

/** Letters of a weak format from which on nobody writes it by chance. */
const UNMISTAKABLE = 24
/** What such a format says where no dialect is spoken at all: half of it, so that it never decides. */
const ALONE = 0.5

interface Kept {
  readonly format: LineFormat
  readonly values: ReadonlyMap<string, string>
  readonly line: number
  lastLine: number
  count: number
  readonly raw: string
  readonly text: string
  readonly heapLow: boolean
  /** The first certificate of the peer has a subject that can be the name of no host. */
  readonly noHostName: boolean
  /** A weak format overlaps with these on its line; the first spoken dialect's wins. */
  readonly rivals: readonly string[]
  /** Of a standard word: what dialects made of the same line. */
  readonly beside: readonly Beside[]
}

interface Beside {
  readonly kept: Kept
  readonly overlaps: boolean
}

interface Taken {
  readonly match: RawMatch
  readonly kept: Kept
}

interface KeptEvent {
  readonly kept: Kept
  readonly line: number
  readonly time: LineTime | undefined
  readonly client: string | undefined
}

/** Gathers what lines say, and decides at the end what it means: only then dialects and versions are known. */
export class SymptomCollector {
  readonly #dialects: Dialects
  readonly #kept = new Map<string, Kept>()
  readonly #first: KeptEvent[] = []
  #last: KeptEvent[] = []
  #dropped = 0
  readonly #spoken = new Map<string, number>()
  /** Number of the peer's certificate that is being dumped, from 1. */
  #certificate = 0
  readonly #devices = new Map<string, { lines: number[]; component: string }>()
  readonly #versions = new Map<string, string>()
  readonly #urls = new Set<string>()
  readonly #hosts = new Set<string>()
  readonly #ports = new Set<number>()
  readonly #secTags = new Set<number>()
  readonly notes: string[] = []

  constructor(dialects: Dialects) {
    this.#dialects = dialects
  }

  addUrl(url: string): void {
    if (this.#urls.size < MAX_PLACES) this.#urls.add(url)
  }

  addLine(line: number, text: string, time: LineTime | undefined, matches: readonly RawMatch[]): void {
    const worthFirst = [...matches].sort((a, b) => worth(b) - worth(a) || a.index - b.index)
    const own = worthFirst.filter(({ format }) => !format.dialect.standard)
    const standard = worthFirst
      .filter(({ format }) => format.dialect.standard)
      .map((match) => ({ match, says: this.#numberSays(match, text) }))
      .filter(({ says }) => says !== 0)
      .sort((a, b) => (b.says ?? 0) - (a.says ?? 0))
      .map(({ match }) => match)
    this.#take(standard, line, text, time, this.#take(own, line, text, time, []))
  }

  /** 1: a table has its number; 0: none has; undefined: a format without numbers. */
  #numberSays({ format, values }: RawMatch, line: string): 0 | 1 | undefined {
    if (format.codes.length === 0) return undefined
    return readCodes(format, values, this.#versions, line).signs.length > 0 ? 1 : 0
  }

  #take(
    matches: readonly RawMatch[],
    line: number,
    text: string,
    time: LineTime | undefined,
    beside: readonly Taken[],
  ): Taken[] {
    const taken: RawMatch[] = []
    const all: Taken[] = []
    for (const match of matches) {
      const rivals = taken.filter((other) => overlap(match, other) && !isLeftOpen(match, other, text))
      if (rivals.some(({ format }) => !format.weak)) continue
      if (rivals.some(({ format }) => format.dialect.id === match.format.dialect.id)) {
        // A longer weak format has the line, and this one shows that its dialect is spoken.
        if (!match.format.weak) this.#speak(match.format.dialect.id)
        continue
      }
      taken.push(match)
      const others = beside.map((one) => ({ kept: one.kept, overlaps: overlap(match, one.match) }))
      const kept = this.#keep(match, line, text, time, rivals, others)
      if (kept !== undefined) all.push({ match, kept })
    }
    return all
  }

  #keep(
    match: RawMatch,
    line: number,
    raw: string,
    time: LineTime | undefined,
    rivals: readonly RawMatch[],
    beside: readonly Beside[],
  ): Kept | undefined {
    const { format, values } = match
    if (!format.weak && !format.dialect.standard) this.#speak(format.dialect.id)
    if (!format.weak || this.#spoken.has(format.dialect.id)) this.#learn(format, values, line)
    const heapLow = Number(values.get('heap') ?? Number.POSITIVE_INFINITY) < LOW_HEAP_BYTES
    const certificate = values.get('certificate')
    if (certificate !== undefined) this.#certificate = Number(certificate)
    const subject = values.get('subject')
    const noHostName = subject !== undefined && this.#certificate === 1 && namesNoHost(subject)
    const numbers = format.codes.map(({ placeholder }) => values.get(placeholder)).join(' ')
    const key = `${match.index} ${numbers} ${heapLow ? 'low' : ''} ${noHostName ? subject : ''}`
    let kept = this.#kept.get(key)
    if (kept === undefined) {
      if (this.#kept.size >= MAX_SYMPTOMS) {
        if (this.#dropped++ === 0)
          this.notes.push(`more than ${MAX_SYMPTOMS} different symptoms; the rest was left out`)
        return undefined
      }
      const text = showLine(raw, match.start)
      kept = {
        format,
        values,
        line,
        lastLine: line,
        count: 0,
        raw: raw.slice(0, 1000),
        text,
        heapLow,
        noHostName,
        rivals: rivals.map((rival) => rival.format.dialect.id),
        beside,
      }
      this.#kept.set(key, kept)
    }
    kept.count++
    kept.lastLine = line
    const client = format.dialect.side === 'server' ? clientOf(raw) : undefined
    const event = { kept, line, time, client }
    if (this.#first.length < MAX_EVENTS) this.#first.push(event)
    else {
      this.#last.push(event)
      if (this.#last.length > 2 * MAX_EVENTS) this.#last = this.#last.slice(-MAX_EVENTS)
    }
    return kept
  }

  #speak(dialect: string): void {
    this.#spoken.set(dialect, (this.#spoken.get(dialect) ?? 0) + 1)
  }

  /** Devices, versions and places that a line tells. */
  #learn(format: LineFormat, values: ReadonlyMap<string, string>, line: number): void {
    const version = values.get('version')?.replace(/^v(?=\d)/i, '')
    const family = format.device ?? format.dialect.device
    if (family !== undefined) {
      const id = family.replace('{version}', version ?? '').replace(/@$/, '')
      const known = this.#devices.get(id)
      if (known === undefined) this.#devices.set(id, { lines: [line], component: format.dialect.name })
      else if (known.lines.length < MAX_DEVICE_LINES) known.lines.push(line)
      const [name = '', told] = id.split('@')
      if (told !== undefined && /^\d/.test(told)) {
        this.#versions.set(name, told)
        if (name === 'esp-idf') this.#versions.set('mbedtls', mbedtlsOf(told))
      }
    }
    const host = values.get('host')?.trim()
    if (host !== undefined && isHost(host) && this.#hosts.size < MAX_PLACES)
      this.#hosts.add(host.toLowerCase())
    const port = Number(values.get('port'))
    if (Number.isInteger(port) && port > 0 && port < 65_536 && this.#ports.size < MAX_PLACES)
      this.#ports.add(port)
    const secTag = Number(values.get('secTag') ?? Number.NaN)
    if (Number.isInteger(secTag) && this.#secTags.size < MAX_PLACES) this.#secTags.add(secTag)
  }

  finish(): Pick<LogFacts, 'symptoms' | 'events' | 'devices' | 'dialects' | 'places'> {
    const shown = new Map<Kept, Symptom>()
    for (const kept of this.#kept.values()) {
      if (kept.format.dialect.standard) continue
      const spoken = !kept.format.weak || this.#isSpoken(kept)
      if (spoken || this.#standsAlone(kept)) shown.set(kept, this.#toSymptom(kept, spoken ? 1 : ALONE))
    }
    this.#showStandard(shown)
    const events = toEvents([...this.#first, ...this.#last.slice(-MAX_EVENTS)], shown)
    return {
      symptoms: [...shown.values()].filter(({ signs, meaning }) => signs.length > 0 || meaning !== ''),
      events,
      devices: [...this.#devices].map(([id, { lines, component }]): LogDevice => ({ id, lines, component })),
      dialects: [...new Set([...shown.keys()].map(({ format }) => format.dialect.name))],
      places: this.#places(),
    }
  }

  /** Standard words, in lines of which the dialects say nothing. */
  #showStandard(shown: Map<Kept, Symptom>): void {
    const told = furthestFailure([...shown.values()])
    for (const kept of this.#kept.values()) {
      if (!kept.format.dialect.standard) continue
      // A weak format that stands alone is worth less than the word.
      const isTold = kept.beside.some((one) => {
        const known = shown.get(one.kept)
        // A number that a dialect has read in its own table is read: 110 is another error on Zephyr than on Linux.
        const isRead = one.overlaps && known !== undefined && known.codes.length > 0
        return known?.signs.some(
          ({ sign, share }) => share > ALONE && (isRead || saysEnough(sign, one.overlaps, kept.format)),
        )
      })
      if (isTold) continue
      const symptom = this.#toSymptom(kept, standardShare(told))
      const signs = symptom.signs.filter(({ sign }) => maySay(sign, told))
      if (signs.length > 0) shown.set(kept, { ...symptom, signs })
    }
  }

  /** A weak format counts where its dialect is spoken, and none of its rivals' is spoken more. */
  #isSpoken({ format, rivals }: Kept): boolean {
    const count = this.#spoken.get(format.dialect.id) ?? 0
    return count > 0 && rivals.every((rival) => (this.#spoken.get(rival) ?? 0) <= count)
  }

  /** One pasted line in words that are common: no other line can show whose they are. */
  #standsAlone({ format }: Kept): boolean {
    return this.#spoken.size === 0 && format.format.literalLength >= UNMISTAKABLE
  }

  #toSymptom(
    { format, values, line, lastLine, count, raw, text, heapLow, noHostName }: Kept,
    share: number,
  ): Symptom {
    const read = readCodes(format, values, this.#versions, raw)
    const own = format.signs.map((sign): WeighedSign => ({ sign, share: 1 }))
    const derived = [...(heapLow ? ['heap-low'] : []), ...(noHostName ? ['leaf-names-no-host'] : [])].flatMap(
      (id) => this.#dialects.signs.get(id) ?? [],
    )
    const signs = unite([...own, ...read.signs, ...derived.map((sign) => ({ sign, share: 1 }))]).map(
      (one) => ({ ...one, share: one.share * share }),
    )
    return {
      line,
      lastLine,
      count,
      text,
      component: format.tags[0] ?? format.dialect.name,
      dialect: format.dialect.id,
      side: format.dialect.side,
      codes: read.codes,
      meaning: meaningOf(
        format,
        values,
        read.says,
        signs.map(({ sign }) => sign),
      ),
      signs,
      source: format.source,
    }
  }

  #places(): Places {
    return {
      urls: [...this.#urls],
      hosts: [...this.#hosts],
      ports: [...this.#ports],
      secTags: [...this.#secTags],
    }
  }
}

function overlap(one: RawMatch, other: RawMatch): boolean {
  return one.start < other.end && other.start < one.end
}

/** What a placeholder swallowed that nobody reads is still to be read: `HTTP request failed: {_}` hides the reason. */
function isLeftOpen(match: RawMatch, other: RawMatch, line: string): boolean {
  if (other.start > match.start || other.end < match.end) return false
  return takenByPlaceholder(other.format.format, line, match.start, match.end)
}

function worth({ format, tagged }: RawMatch): number {
  return format.format.literalLength + TAG_WORTH * tagged + (format.codes.length > 0 ? 2 : 0)
}

function toEvents(events: readonly KeptEvent[], shown: ReadonlyMap<Kept, Symptom>): LogEvent[] {
  const first = events.find(({ time }) => time !== undefined)?.time
  return events.flatMap(({ kept, line, time, client }) => {
    const symptom = shown.get(kept)
    if (symptom === undefined) return []
    const comparable = time !== undefined && first !== undefined && time.clock === first.clock
    return { symptom, line, atMs: comparable ? time.ms - first.ms : undefined, client }
  })
}

/** The Mbed TLS that ESP-IDF carries: components/mbedtls of its releases, 3.x since 5.0. */
function mbedtlsOf(espIdf: string): string {
  return Number.parseInt(espIdf, 10) >= 5 ? '3.0' : '2.0'
}

/** A common name without a dot, or with a blank in it, is the name of no host; `C=…, CN=…` as libraries print it. */
function namesNoHost(subject: string): boolean {
  const name = /(?:^|[,/ ])CN ?= ?([^,/]+)$/.exec(subject)?.[1]?.trim()
  return name !== undefined && (!name.includes('.') || name.includes(' '))
}

function isHost(text: string): boolean {
  return /^[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_-]{1,63}){1,10}$/i.test(text)
}
