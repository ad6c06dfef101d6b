import cluster, { type Worker } from 'node:cluster'
import type { TicketKeys } from '../../front/front.ts'
import { MemorySessions } from '../../front/session-store.ts'
import type { DataPlane, PlanMessage } from '../data-plane.ts'
import type { GatewayLog } from '../gateway-log.ts'
import { countersOf, type MetricsSnapshot } from '../metrics.ts'
import { type FromWorker, type ToWorker, uncarry } from './messages.ts'

const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 30_000
/** Whoever lived for so long did not die of its start. */
const SETTLED_MS = 60_000
const ANSWER_MS = 5_000
/** Counters of workers that are gone are kept as they were last heard. */
const HEARD_EVERY_MS = 10_000

export interface WorkerOptions {
  readonly count: number
  /** Program and words that start a worker. */
  readonly exec: string
  readonly args: readonly string[]
}

/**
 * The data plane in several processes: connections are spread over them, a session of one is resumed at any, and one that
 * dies is replaced. This process decides, and passes sockets on; it reads none of their bytes.
 */
export class WorkerPlane implements DataPlane {
  readonly #options: WorkerOptions
  readonly #log: GatewayLog
  readonly #members = new Set<Member>()
  readonly #sessions = new MemorySessions()
  readonly #departed: MetricsSnapshot[] = []
  readonly #hearing: NodeJS.Timeout
  #plan: PlanMessage
  #keys: TicketKeys
  #delayMs = FIRST_DELAY_MS
  #stopping = false
  #addresses: ReadonlyMap<string, string> = new Map()

  /** Rejects with what the first worker refuses the plan for. */
  static async open(
    plan: PlanMessage,
    log: GatewayLog,
    keys: TicketKeys,
    options: WorkerOptions,
  ): Promise<WorkerPlane> {
    const plane = new WorkerPlane(plan, log, keys, options)
    try {
      // The first one shows whether the plan can be served at all.
      await plane.#add(1)
      await Promise.all(Array.from({ length: options.count - 1 }, (_, at) => plane.#add(at + 2)))
      return plane
    } catch (error) {
      await plane.stop(0)
      throw error
    }
  }

  private constructor(plan: PlanMessage, log: GatewayLog, keys: TicketKeys, options: WorkerOptions) {
    this.#plan = plan
    this.#log = log
    this.#keys = keys
    this.#options = options
    cluster.setupPrimary({ exec: options.exec, args: [...options.args], serialization: 'advanced' })
    this.#hearing = setInterval(() => void this.snapshots(), HEARD_EVERY_MS).unref()
  }

  get addresses(): ReadonlyMap<string, string> {
    return this.#addresses
  }

  get workers(): { running: number; wanted: number } {
    return { running: [...this.#members].filter(({ serves }) => serves).length, wanted: this.#options.count }
  }

  async reload(plan: PlanMessage): Promise<void> {
    const [first, ...rest] = [...this.#members].filter(({ serves }) => serves)
    await first?.serve(plan, this.#keys)
    // What one has taken all can take; one that cannot after all is replaced by one that starts with it.
    this.#plan = plan
    if (first !== undefined) this.#addresses = first.addresses
    await Promise.all(rest.map((member) => member.serve(plan, this.#keys).catch(() => member.worker.kill())))
  }

  renewTicketKeys(keys: TicketKeys): void {
    this.#keys = keys
    for (const { worker } of this.#members) send(worker, { kind: 'keys', keys })
  }

  async snapshots(): Promise<readonly MetricsSnapshot[]> {
    await Promise.all([...this.#members].map((member) => member.hear()))
    return [
      ...this.#departed,
      ...[...this.#members].flatMap(({ heard }) => (heard === undefined ? [] : [heard])),
    ]
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping = true
    clearInterval(this.#hearing)
    const members = [...this.#members]
    for (const { worker } of members) send(worker, { kind: 'stop', graceMs })
    const late = setTimeout(() => {
      for (const { worker } of this.#members) worker.process.kill('SIGKILL')
    }, graceMs + ANSWER_MS)
    await Promise.all(members.map(({ ended }) => ended))
    clearTimeout(late)
  }

  async #add(number: number): Promise<void> {
    const worker = cluster.fork()
    const member = new Member(number, worker, this.#sessions)
    this.#members.add(member)
    void member.ended.then((how) => this.#lost(member, how))
    await member.serve(this.#plan, this.#keys)
    this.#addresses = member.addresses
  }

  #lost(member: Member, how: string): void {
    this.#members.delete(member)
    if (member.heard !== undefined) this.#departed.push(countersOf(member.heard))
    if (this.#stopping || !member.hasServed) return
    if (Date.now() - member.startedAt > SETTLED_MS) this.#delayMs = FIRST_DELAY_MS
    const message = `worker ${member.number} ended (${how}); another starts in ${this.#delayMs} ms`
    this.#log({
      level: 'error',
      what: 'worker',
      message,
      facts: { number: member.number, delayMs: this.#delayMs },
    })
    this.#replaceIn(this.#delayMs, member.number)
    this.#delayMs = Math.min(2 * this.#delayMs, LONGEST_DELAY_MS)
  }

  #replaceIn(delayMs: number, number: number): void {
    setTimeout(() => {
      if (this.#stopping) return
      this.#add(number).catch((error) => {
        const message = `worker ${number} cannot start: ${error instanceof Error ? error.message : 'unknown'}`
        this.#log({ level: 'error', what: 'worker', message })
        this.#replaceIn(LONGEST_DELAY_MS, number)
      })
    }, delayMs).unref()
  }
}

/** One worker as the primary sees it. */
class Member {
  readonly number: number
  readonly worker: Worker
  readonly startedAt = Date.now()
  /** How it ended. */
  readonly ended: Promise<string>
  addresses: ReadonlyMap<string, string> = new Map()
  heard: MetricsSnapshot | undefined
  serves = false
  hasServed = false
  readonly #ready: Promise<void>
  readonly #waiting = new Map<number, { resolve(answer: FromWorker): void; reject(error: Error): void }>()
  #seq = 0

  constructor(number: number, worker: Worker, sessions: MemorySessions) {
    this.number = number
    this.worker = worker
    let ready: () => void = () => {}
    this.#ready = new Promise((resolve) => {
      ready = resolve
    })
    this.ended = new Promise((resolve) => {
      worker.once('exit', (code, signal) => {
        this.serves = false
        for (const { reject } of this.#waiting.values()) reject(new Error('the worker ended'))
        ready()
        resolve(signal ?? `code ${code}`)
      })
    })
    worker.on('error', () => {})
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') ready()
      else if (message.kind === 'session-put') sessions.put(message.id, message.session)
      else if (message.kind === 'session-get') {
        send(worker, { kind: 'session', seq: message.seq, session: sessions.get(message.id) })
      } else {
        this.#waiting.get(message.seq)?.resolve(message)
        this.#waiting.delete(message.seq)
      }
    })
  }

  async serve(plan: PlanMessage, keys: TicketKeys): Promise<void> {
    await this.#ready
    const answer = await this.#ask((seq) => ({ kind: 'plan', seq, plan, keys, number: this.number }))
    if (answer.kind === 'refused') {
      if (!this.serves) this.worker.kill()
      throw uncarry(answer.error)
    }
    if (answer.kind === 'served') this.addresses = new Map(answer.addresses)
    this.serves = true
    this.hasServed = true
  }

  /** Its counters now, or as they were last heard where it does not answer. */
  async hear(): Promise<void> {
    if (!this.serves) return
    const late = new Promise<undefined>((resolve) => setTimeout(resolve, ANSWER_MS, undefined).unref())
    const answer = await Promise.race([
      this.#ask((seq) => ({ kind: 'snapshot', seq })).catch(() => undefined),
      late,
    ])
    if (answer?.kind === 'snapshot') this.heard = answer.snapshot
  }

  #ask(question: (seq: number) => ToWorker): Promise<FromWorker> {
    const seq = ++this.#seq
    return new Promise((resolve, reject) => {
      if (this.worker.isDead()) {
        reject(new Error('the worker ended'))
        return
      }
      this.#waiting.set(seq, { resolve, reject })
      send(this.worker, question(seq))
    })
  }
}

function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => {})
}
