import type { Socket } from 'node:net'
import { Exam } from '../exam/exam.ts'
import { CONNECTIONS_OF_A_DEVICE } from '../exam/examined.ts'
import { plainServing } from '../exam/serving-of.ts'
import type { Answer, Probe } from '../exam/topic.ts'
import { usualGapMs } from '../exam/usual-gap.ts'
import { factsOf } from '../front/hello-facts.ts'
import { type Listening, type ListenOptions, listen } from '../io/listen.ts'
import { isHostName } from '../serve/machine-hosts.ts'
import type { ClientHello } from '../tls/client-hello.ts'
import { helloPrint } from './device-print.ts'
import { HelloDoor } from './hello-door.ts'
import { makeKeysAhead } from './keys-ahead.ts'
import { type KnownBy, KnownDevices } from './known-devices.ts'
import type { MeasuringEvents, StrayKind } from './measuring-events.ts'
import { PlainWatch } from './plain-watch.ts'
import { ResumableSessions } from './resumable-sessions.ts'
import { type ServingMeans, serveConnection } from './serve-connection.ts'

export interface MeasuringOptions extends ListenOptions, Omit<ServingMeans, 'sessions'> {
  /** By which devices ask that send no name in their hello; undefined: the address that they came to. */
  readonly host: string | undefined
  /** From the accept to the whole hello. */
  readonly helloTimeoutMs: number
  /** Answers of an earlier run, by device. */
  readonly earlier: ReadonlyMap<string, readonly Answer[]>
  readonly knownBy?: KnownBy | undefined
  /** More than one device is expected. */
  readonly several?: boolean
  readonly events: MeasuringEvents
}

/** Devices that are examined side by side. */
const MOST_DEVICES = 8
/** Connections that are served plainly at once; the oldest makes room. */
const MOST_PLAIN = 16
/** Answers before the plain chain was taken that are told, of one device and of all: scanners never take it. */
const MOST_BEFORE_GOOD = 32
const MOST_BEFORE_GOOD_OF_ALL = 64
/** Kinds of the plain chain that are asked in turn: what is forgotten is a whole turn. */
const TURN = 4
/** A longer name does not fit a commonName, RFC 5280 appendix A.1. */
const MOST_NAME_CHARS = 64
/**
 * A device that came anew has mostly been reset, and what it left open says nothing. One that does so to the same question
 * again and again keeps several connections open: then the older one stays.
 */
const MOST_INTERRUPTIONS = 2
/** What a device that keeps several connections open leaves open for longer is no longer held by it. */
const HELD_MS = 10_000

/** The connection on which a device is being asked. */
interface Asking {
  readonly raw: Socket
  /** Undefined: an older connection of the device comes to its end first. */
  probe: Probe | undefined
  sinceMs: number
  interrupted: boolean
  over: Promise<void>
}

/** What is known of a device's ways in this run. */
interface Ways {
  /** Since its last answer. */
  interruptions: number
  keepsSeveral: boolean
  /** The slowest good handshake with its request. */
  goodMs: number | undefined
  /** Too many for what never took the plain chain; told when it does. */
  untold: Answer[]
}

/** Asks one question a connection, of each device its own. */
export class MeasuringServer {
  readonly #options: MeasuringOptions
  readonly #means: ServingMeans
  readonly #answers = new Map<string, Answer[]>()
  readonly #asking = new Map<string, Asking>()
  readonly #ways = new Map<string, Ways>()
  readonly #known: KnownDevices
  readonly #door: HelloDoor
  readonly #plain = new Set<Socket>()
  readonly #plainWatch = new PlainWatch()
  readonly #listening: Listening[] = []
  #closing = false
  /** Answers of devices that had not taken the plain chain. */
  #toldBeforeGood = 0

  constructor(options: MeasuringOptions) {
    this.#options = options
    this.#means = { ...options, sessions: new ResumableSessions() }
    for (const [device, answers] of options.earlier) {
      this.#answers.set(device, [...answers])
      if (new Exam(answers).baseline === undefined) this.#toldBeforeGood += answers.length
    }
    this.#known = new KnownDevices(
      {
        knownBy: options.knownBy,
        several: options.several ?? false,
        isUnderway: (device) => {
          const exam = this.examOf(device)
          return exam?.baseline !== undefined && exam.next() !== undefined
        },
        usualGapMs: (device) => usualGapMs(this.#answers.get(device) ?? []),
      },
      this.#answers.keys(),
      performance.now(),
    )
    this.#door = new HelloDoor({
      timeoutMs: options.helloTimeoutMs,
      onHello: (raw, hello, bytes) => this.#seen(raw, hello, bytes),
      onOther: (address, what, firstBytes) => {
        // A device that was sent to plain http is no stranger.
        if (what === 'plain-http' && this.#plainWatch.came(address, firstBytes)) return
        options.events.stray(address, what)
      },
    })
  }

  async open(): Promise<Listening> {
    makeKeysAhead(this.#options.keys, () => this.#closing)
    return this.openAlso(this.#options)
  }

  /** Listens on another port as well: for the same exams. */
  async openAlso(options: ListenOptions): Promise<Listening> {
    const listening = await listen((raw) => this.#door.accept(raw), options)
    this.#listening.push(listening)
    return listening
  }

  /** Connections that are open are broken off, and say nothing of their device. */
  async close(): Promise<void> {
    this.#closing = true
    this.#door.close()
    await Promise.all(this.#listening.map((one) => one.close()))
  }

  examOf(device: string): Exam | undefined {
    const answers = this.#answers.get(device)
    return answers && new Exam(answers)
  }

  get devices(): readonly string[] {
    return [...this.#answers.keys()]
  }

  #seen(raw: Socket, hello: ClientHello, bytes: Uint8Array): void {
    const { events } = this.#options
    const address = raw.remoteAddress ?? ''
    const host = this.#hostOf(raw, hello)
    const who = this.#deviceOf(address, helloPrint(hello))
    const stray = who.device === undefined ? who.stray : this.#strayOf(who.device)
    if (stray !== undefined) {
      events.stray(address, stray)
      if (stray === 'too-many-devices') raw.destroy()
      else this.#servePlainly(raw, bytes, host).catch(events.failed)
      return
    }
    this.#examine(who.device!, raw, bytes, host).catch((error) => {
      raw.destroy()
      events.failed(error)
    })
  }

  #deviceOf(
    address: string,
    print: string,
  ): { readonly device: string } | { readonly device?: undefined; readonly stray: StrayKind } {
    const noted = this.#options.events.noted ?? (() => {})
    const who = this.#known.recognise(address, print, performance.now())
    const { device } = who
    switch (who.kind) {
      case 'unclear':
        return { stray: 'unclear' }
      case 'new':
        if (this.#answers.size >= MOST_DEVICES && !this.#forgetOne()) {
          this.#known.forget(device)
          return { stray: 'too-many-devices' }
        }
        // Scanners that come from many addresses are no news.
        if (who.twinOf !== undefined && this.examOf(who.twinOf)?.baseline !== undefined)
          noted({ kind: 'twin', device, twinOf: who.twinOf })
        return { device }
      case 'moved':
        noted({ kind: 'moved', device, from: who.from, address })
        return { device }
      case 'returned':
        noted({ kind: 'returned', device, address })
        return { device }
      case 'known':
        return { device }
    }
  }

  #hostOf(raw: Socket, hello: ClientHello): string {
    const { serverName } = factsOf(hello)
    if (serverName !== undefined && serverName.length <= MOST_NAME_CHARS && isHostName(serverName))
      return serverName
    return this.#options.host ?? raw.localAddress ?? 'localhost'
  }

  #strayOf(device: string): StrayKind | undefined {
    if (new Exam(this.#answers.get(device) ?? []).next() === undefined) return 'finished'
    const asking = this.#asking.get(device)
    return asking === undefined || this.#givesWay(device, asking) ? undefined : 'second-connection'
  }

  /** Whether the connection that is open makes room for a newer one of the same device. */
  #givesWay(device: string, asking: Asking): boolean {
    const ways = this.#waysOf(device)
    // It has gone already, and only what follows it is still waited for.
    if (asking.raw.destroyed) return true
    if (ways.interruptions >= MOST_INTERRUPTIONS) {
      ways.keepsSeveral = true
      return false
    }
    if (ways.keepsSeveral && performance.now() - asking.sinceMs < HELD_MS) return false
    ways.interruptions++
    return true
  }

  #waysOf(device: string): Ways {
    const ways = this.#ways.get(device) ?? {
      interruptions: 0,
      keepsSeveral: false,
      goodMs: undefined,
      untold: [],
    }
    this.#ways.set(device, ways)
    return ways
  }

  /** Makes room: what never took the plain chain is no device to be measured, and what came but now and then is hardly one. */
  #forgetOne(): boolean {
    const idle = [...this.#answers].filter(([device]) => !this.#asking.has(device))
    const [least] =
      idle.find(([, answers]) => new Exam(answers).baseline === undefined) ??
      idle.find(([, answers]) => answers.length < CONNECTIONS_OF_A_DEVICE) ??
      []
    if (least === undefined) return false
    this.#known.forget(least)
    this.#ways.delete(least)
    return this.#answers.delete(least)
  }

  async #examine(device: string, raw: Socket, bytes: Uint8Array, host: string): Promise<void> {
    const answers = this.#answers.get(device) ?? []
    this.#answers.set(device, answers)
    const before = this.#asking.get(device)
    const asking: Asking = {
      raw,
      probe: undefined,
      sinceMs: performance.now(),
      interrupted: false,
      over: Promise.resolve(),
    }
    this.#asking.set(device, asking)
    this.#known.opened(device)
    asking.over = this.#ask(device, answers, asking, bytes, host, before).finally(() => {
      if (this.#asking.get(device) !== asking) return
      this.#asking.delete(device)
      this.#known.closed(device, performance.now())
    })
    await asking.over
  }

  async #ask(
    device: string,
    answers: Answer[],
    asking: Asking,
    bytes: Uint8Array,
    host: string,
    before: Asking | undefined,
  ): Promise<void> {
    const { events, holdMs } = this.#options
    const { raw } = asking
    if (before !== undefined) await this.#end(device, before)
    if (asking.interrupted || this.#closing) return
    const probe = new Exam(answers).next()
    if (probe === undefined) {
      events.stray(raw.remoteAddress ?? '', 'finished')
      await this.#servePlainly(raw, bytes, host)
      return
    }
    asking.probe = probe
    asking.sinceMs = performance.now()
    events.asked(device, probe)
    const { answer: served } = probe.serving
    const toPlain = served.kind === 'redirect' && served.where === 'plain-http'
    const cameInPlain = toPlain ? this.#plainWatch.expect(raw.remoteAddress ?? '') : undefined
    const { goodMs } = this.#waysOf(device)
    const seen = await serveConnection(raw, bytes, { serving: probe.serving, host, goodMs }, this.#means)
    const outcome =
      seen === undefined || cameInPlain === undefined
        ? seen
        : { ...seen, cameInPlain: await cameInPlain(asking.interrupted ? 0 : holdMs) }
    // What the server itself broke off says nothing of the device.
    if (this.#closing || asking.interrupted) return
    if (outcome === undefined) {
      events.stray(raw.remoteAddress ?? '', 'broken-hello')
      return
    }
    this.#keep(device, answers, { probe, outcome }, performance.now() - asking.sinceMs)
  }

  /** Waits for the end of an older connection. One that is still open says nothing any more, and is asked again. */
  async #end(device: string, before: Asking): Promise<void> {
    const { raw, probe } = before
    before.interrupted = !raw.destroyed
    raw.destroy()
    await before.over
    if (before.interrupted && probe !== undefined)
      this.#options.events.noted?.({ kind: 'interrupted', device, probe })
  }

  #keep(device: string, answers: Answer[], answer: Answer, tookMs: number): void {
    const { events } = this.#options
    const { outcome } = answer
    const ways = this.#waysOf(device)
    ways.interruptions = 0
    if (outcome.version !== undefined) ways.goodMs = Math.max(ways.goodMs ?? 0, tookMs - outcome.waitedMs)
    answers.push(answer)
    const exam = new Exam([...answers])
    if (exam.baseline === undefined && this.#isTooMuch(answers)) {
      ways.untold.push(answer)
      if (answers.length >= MOST_BEFORE_GOOD + TURN) answers.splice(0, TURN)
      if (ways.untold.length >= MOST_BEFORE_GOOD) ways.untold.splice(0, TURN)
      events.stray(outcome.address, 'never-good')
      return
    }
    if (exam.baseline === undefined) this.#toldBeforeGood++
    const before = answers.slice(0, -1)
    const toldBefore = before.length - ways.untold.length
    for (const [index, late] of ways.untold.splice(0).entries())
      events.answered(device, late, new Exam(before.slice(0, Math.max(0, toldBefore) + index + 1)))
    events.answered(device, answer, exam)
  }

  #isTooMuch(answers: readonly Answer[]): boolean {
    return answers.length > MOST_BEFORE_GOOD || this.#toldBeforeGood >= MOST_BEFORE_GOOD_OF_ALL
  }

  async #servePlainly(raw: Socket, bytes: Uint8Array, host: string): Promise<void> {
    const [oldest] = this.#plain
    if (this.#plain.size >= MOST_PLAIN) oldest!.destroy()
    this.#plain.add(raw)
    try {
      await serveConnection(raw, bytes, { serving: plainServing, host, goodMs: 0 }, this.#means)
    } finally {
      this.#plain.delete(raw)
    }
  }
}
