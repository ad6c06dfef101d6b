import type { SessionStore, TicketKeys } from '../../front/front.ts'
import { planOf } from '../data-plane.ts'
import { Gateway } from '../gateway.ts'
import type { GatewayLog } from '../gateway-log.ts'
import { carry, type FromWorker, type ToWorker } from './messages.ts'

/**
 * The whole life of a worker: it serves what the primary tells it to, and ends with it. `logOf` makes the log of a worker
 * with that number.
 */
export function runWorker(logOf: (number: number, text: string) => GatewayLog): Promise<void> {
  const sessions = new PrimarySessions()
  let gateway: Gateway | undefined
  // The primary decides when; a terminal sends its signals to all of its group.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  return new Promise((done) => {
    process.on('disconnect', () => void Promise.resolve(gateway?.stop(0)).then(() => done()))
    const serve = async (message: Extract<ToWorker, { kind: 'plan' }>) => {
      const { seq, plan, keys, number } = message
      try {
        if (gateway !== undefined) await gateway.reload(planOf(plan))
        else gateway = await Gateway.open(planOf(plan), logOf(number, plan.text), shared(keys))
        tell({ kind: 'served', seq, addresses: [...gateway.addresses] })
      } catch (error) {
        tell({ kind: 'refused', seq, error: carry(error) })
      }
    }
    const shared = (ticketKeys: TicketKeys) => ({ ticketKeys: bytesOf(ticketKeys), sessions })
    process.on('message', (message: ToWorker) => {
      if (message.kind === 'plan') void serve(message)
      else if (message.kind === 'keys') gateway?.renewTicketKeys(bytesOf(message.keys))
      else if (message.kind === 'session') sessions.answer(message.seq, message.session)
      else if (message.kind === 'snapshot') {
        const { seq } = message
        void gateway
          ?.snapshot()
          .then((snapshot) => tell({ kind: 'snapshot', seq, snapshot: plain(snapshot) }))
      } else {
        void Promise.resolve(gateway?.stop(message.graceMs)).then(() => {
          process.removeAllListeners('disconnect')
          process.disconnect?.()
          done()
        })
      }
    })
    tell({ kind: 'ready' })
  })
}

function tell(message: FromWorker): void {
  process.send?.(message)
}

/** Sessions by id live in the primary: a device comes back to any worker. */
class PrimarySessions implements SessionStore {
  readonly #waiting = new Map<number, (session: Uint8Array | undefined) => void>()
  #seq = 0

  put(id: string, session: Uint8Array): void {
    tell({ kind: 'session-put', id, session: new Uint8Array(session) })
  }

  get(id: string): Promise<Uint8Array | undefined> {
    const seq = ++this.#seq
    return new Promise((resolve) => {
      this.#waiting.set(seq, resolve)
      tell({ kind: 'session-get', seq, id })
    })
  }

  answer(seq: number, session: Uint8Array | undefined): void {
    this.#waiting.get(seq)?.(session)
    this.#waiting.delete(seq)
  }
}

/** What travelled is a plain view of bytes. */
function bytesOf({ current, previous }: TicketKeys): TicketKeys {
  return { current: new Uint8Array(current), previous: previous && new Uint8Array(previous) }
}

/** Without functions, which do not travel. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
