import type { Socket } from 'node:net'
import { Exam } from '../exam/exam.ts'
import type { KeyKind, Serving } from '../exam/serving.ts'
import { plainServing } from '../exam/serving-of.ts'
import type { Answer, Probe } from '../exam/topic.ts'
import { ClientHelloPeek, type Peeked } from '../front/client-hello-peek.ts'
import { factsOf } from '../front/hello-facts.ts'
import { type Listening, type ListenOptions, listen } from '../io/listen.ts'
import { isHostName } from '../serve/machine-hosts.ts'
import type { ClientHello } from '../tls/client-hello.ts'
import { helloPrint } from './device-print.ts'
import { holdConnection } from './measuring-connection.ts'
import type { MeasuringKeys } from './measuring-keys.ts'
import { ResumableSessions } from './resumable-sessions.ts'
import { issuingRole, makeServedChain, type Signer } from './served-chain.ts'
import { openServingContext } from './serving-context.ts'

export interface MeasuringOptions extends ListenOptions {
  readonly testCa: Signer
  readonly keys: MeasuringKeys
  /** By which devices ask that send no name in their hello; undefined: the address that they came to. */
  readonly host: string | undefined
  readonly holdMs: number
  readonly handshakeTimeoutMs: number
  readonly now: () => Date
  /** Answers of an earlier run, by device. */
  readonly earlier: ReadonlyMap<string, readonly Answer[]>
  readonly events: MeasuringEvents
}

/** Told as it happens. */
export interface MeasuringEvents {
  /** A connection begins that asks this of a device. */
  readonly asked: (device: string, probe: Probe) => void
  readonly answered: (device: string, answer: Answer, exam: Exam) => void
  /** A connection that belongs to no exam: no TLS, one device too many, a second one at once, one that takes nothing. */
  readonly stray: (address: string, why: StrayKind) => void
  /** What was to be asked cannot be served: a fault of ours. */
  readonly failed: (error: unknown) => void
}

export type StrayKind =
  | 'not-tls'
  | 'silent'
  | 'too-many-devices'
  | 'second-connection'
  | 'finished'
  | 'never-good'

/** Devices that are examined side by side. */
const MOST_DEVICES = 8
/** Connections at once, all devices together. */
const MOST_CONNECTIONS = 64
/** Of a device that does not even take the plain chain, such as a scanner: further ones are not kept. */
const MOST_BEFORE_GOOD = 32
/** A longer name does not fit a commonName, RFC 5280 appendix A.1. */
const MOST_NAME_CHARS = 64

/** Beside the first: paths of 17 certificates are asked. */
const KEYS_OF_ISSUERS = 15

/** Asks one question a connection, of each device its own. */
export class MeasuringServer {
  readonly #options: MeasuringOptions
  readonly #answers = new Map<string, Answer[]>()
  readonly #busy = new Set<string>()
  #open = 0
  readonly #listening: Listening[] = []
  #closing = false
  readonly #sessions = new ResumableSessions()
  /** Addresses that were sent to plain http, and may come. */
  readonly #plainExpected = new Map<string, () => void>()

  constructor(options: MeasuringOptions) {
    this.#options = options
    for (const [device, answers] of options.earlier) this.#answers.set(device, [...answers])
  }

  async open(): Promise<Listening> {
    this.#makeKeys()
    return this.openAlso(this.#options)
  }

  /** Beforehand, one after the other: no device waits for a key while its connection is open. */
  #makeKeys(): void {
    const { keys } = this.#options
    const others: readonly KeyKind[] = ['p256', 'p384', 'p521', 'rsa-3072', 'rsa-4096', 'rsa-1024']
    const all: readonly (readonly [KeyKind, string])[] = [
      ['rsa-2048', 'leaf'],
      ['rsa-2048', issuingRole(0)],
      ['rsa-2048', 'stranger'],
      ...Array.from({ length: KEYS_OF_ISSUERS }, (_, index) => ['rsa-2048', issuingRole(index + 1)] as const),
      ...others.map((kind) => [kind, 'leaf'] as const),
    ]
    const made = all.reduce(async (before, [kind, role]) => {
      await before
      if (!this.#closing) await keys.take(kind, role)
    }, Promise.resolve())
    // What cannot be made is told by the connection that needs it.
    made.catch(() => {})
  }

  /** Listens on another port as well: for the same exams. */
  async openAlso(options: ListenOptions): Promise<Listening> {
    const listening = await listen((raw) => this.#accept(raw), options)
    this.#listening.push(listening)
    return listening
  }

  /** Connections that are open are broken off, and say nothing of their device. */
  async close(): Promise<void> {
    this.#closing = true
    await Promise.all(this.#listening.map((one) => one.close()))
  }

  examOf(device: string): Exam | undefined {
    const answers = this.#answers.get(device)
    return answers && new Exam(answers)
  }

  get devices(): readonly string[] {
    return [...this.#answers.keys()]
  }

  #accept(raw: Socket): void {
    raw.on('error', () => {})
    if (this.#open >= MOST_CONNECTIONS) {
      raw.destroy()
      return
    }
    this.#open++
    raw.once('close', () => this.#open--)
    const peek = new ClientHelloPeek()
    const timer = setTimeout(() => {
      this.#options.events.stray(raw.remoteAddress ?? '', 'silent')
      raw.destroy()
    }, this.#options.handshakeTimeoutMs)
    const onData = (bytes: Buffer) => {
      const peeked = peek.push(bytes)
      if (peeked === undefined) return
      clearTimeout(timer)
      raw.off('data', onData)
      raw.pause()
      this.#seen(raw, peek.bytes, peeked)
    }
    raw.on('data', onData)
    raw.once('close', () => clearTimeout(timer))
  }

  #seen(raw: Socket, bytes: Uint8Array, peeked: Peeked): void {
    if (peeked.kind !== 'hello' || peeked.hello === undefined) {
      const cameInPlain = peeked.kind === 'not-tls' && peeked.plainHttp
      if (cameInPlain) this.#plainExpected.get(raw.remoteAddress ?? '')?.()
      this.#options.events.stray(raw.remoteAddress ?? '', 'not-tls')
      raw.destroy()
      return
    }
    const device = `${raw.remoteAddress ?? ''} ${helloPrint(peeked.hello)}`
    const stray = this.#strayOf(device)
    if (stray !== undefined) {
      this.#options.events.stray(raw.remoteAddress ?? '', stray)
      if (stray === 'too-many-devices') raw.destroy()
      else
        this.#serve(raw, bytes, plainServing, this.#hostOf(raw, peeked.hello)).catch(
          this.#options.events.failed,
        )
      return
    }
    this.#examine(device, raw, bytes, this.#hostOf(raw, peeked.hello)).catch((error) => {
      raw.destroy()
      this.#options.events.failed(error)
    })
  }

  #hostOf(raw: Socket, hello: ClientHello): string {
    const { serverName } = factsOf(hello)
    if (serverName !== undefined && serverName.length <= MOST_NAME_CHARS && isHostName(serverName))
      return serverName
    return this.#options.host ?? raw.localAddress ?? 'localhost'
  }

  #strayOf(device: string): StrayKind | undefined {
    if (this.#busy.has(device)) return 'second-connection'
    const answers = this.#answers.get(device)
    if (answers === undefined && this.#answers.size >= MOST_DEVICES && !this.#forgetOne())
      return 'too-many-devices'
    return new Exam(answers ?? []).next() === undefined ? 'finished' : undefined
  }

  /** Makes room: a device that never took the plain chain is none to be measured. */
  #forgetOne(): boolean {
    for (const [device, answers] of this.#answers) {
      if (this.#busy.has(device) || new Exam(answers).baseline !== undefined) continue
      return this.#answers.delete(device)
    }
    return false
  }

  async #examine(device: string, raw: Socket, bytes: Uint8Array, host: string): Promise<void> {
    this.#busy.add(device)
    const answers = this.#answers.get(device) ?? []
    this.#answers.set(device, answers)
    const probe = new Exam(answers).next()!
    this.#options.events.asked(device, probe)
    try {
      const { answer: served } = probe.serving
      const toPlain = served.kind === 'redirect' && served.where === 'plain-http'
      const cameInPlain = toPlain ? this.#watchForPlain(raw.remoteAddress ?? '') : undefined
      const seen = await this.#serve(raw, bytes, probe.serving, host)
      const outcome = cameInPlain === undefined ? seen : { ...seen, cameInPlain: await cameInPlain() }
      if (this.#closing) return
      const answer = { probe, outcome }
      const exam = new Exam([...answers, answer])
      if (exam.baseline === undefined && answers.length >= MOST_BEFORE_GOOD) {
        this.#options.events.stray(outcome.address, 'never-good')
        return
      }
      answers.push(answer)
      this.#options.events.answered(device, answer, exam)
    } finally {
      this.#busy.delete(device)
    }
  }

  /** Tells whether a request in the clear came from there, up to a hold after it is called. */
  #watchForPlain(address: string): () => Promise<boolean> {
    let came = () => {}
    const coming = new Promise<true>((resolve) => {
      came = () => resolve(true)
    })
    this.#plainExpected.set(address, came)
    return async () => {
      let timer: NodeJS.Timeout | undefined
      const over = new Promise<false>((resolve) => {
        timer = setTimeout(() => resolve(false), this.#options.holdMs)
      })
      const told = await Promise.race([coming, over])
      clearTimeout(timer)
      this.#plainExpected.delete(address)
      return told
    }
  }

  async #serve(raw: Socket, bytes: Uint8Array, serving: Serving, host: string) {
    const { testCa, keys, holdMs, handshakeTimeoutMs, now } = this.#options
    const chain = await makeServedChain({ chain: serving.chain, testCa, host, keys, now: now() })
    return holdConnection(raw, bytes, {
      serving,
      context: openServingContext({ serving, chain, sessions: this.#sessions }),
      sessions: serving.resumption ? this.#sessions.server : undefined,
      host,
      port: raw.localPort ?? 0,
      sent: {
        certificateBytes: chain.sent.map(({ der }) => der.length),
        pathCertificates: chain.pathCertificates,
        messageBytes: chain.messageBytes,
      },
      hello: bytes,
      handshakeTimeoutMs,
      holdMs,
      at: now(),
    })
  }
}
