import type { Socket } from 'node:net'
import { type Listening, listen } from '../io/listen.ts'
import { Arrival, baseOf, type Reception } from './arrival.ts'
import { chooseIdentity } from './choose-identity.ts'
import type { Front, FrontEvents, FrontOptions, FrontRules, TicketKeys } from './front.ts'
import type { HelloFacts } from './hello-facts.ts'
import { nextTicketKeys, SESSION_SECONDS, SecureContexts } from './secure-contexts.ts'
import { MemorySessions, sessionServer } from './session-store.ts'

/**
 * Accepts TLS with these rules and tells of every connection what became of it. Throws `FrontError` for rules that
 * cannot be served, the system's error where it cannot listen.
 */
export async function openFront(
  rules: FrontRules,
  events: FrontEvents,
  options: FrontOptions = {},
): Promise<Front> {
  const front = new TlsFront(rules, events, options)
  if (options.listen !== undefined) await front.listen(options.listen)
  return front
}

class TlsFront implements Front {
  readonly #events: FrontEvents
  readonly #sessions: Reception['sessions']
  readonly #open = new Set<Socket>()
  readonly #perAddress = new Map<string, number>()
  readonly #rotation: NodeJS.Timeout | undefined
  #listening: Listening | undefined
  #rules: FrontRules
  #keys: TicketKeys
  #contexts: SecureContexts
  #reception: Reception
  #arrived = 0
  #closed = false

  constructor(rules: FrontRules, events: FrontEvents, { sessions, ticketKeys }: FrontOptions) {
    this.#rules = rules
    this.#events = events
    this.#keys = ticketKeys ?? nextTicketKeys()
    this.#contexts = new SecureContexts(rules, this.#keys)
    this.#sessions = sessionServer(sessions ?? new MemorySessions())
    this.#reception = this.#receive(rules, this.#contexts)
    if (ticketKeys === undefined) {
      const renew = () => this.renewTicketKeys(nextTicketKeys(this.#keys))
      this.#rotation = setInterval(renew, SESSION_SECONDS * 1000).unref()
    }
  }

  get port(): number {
    return this.#listening?.port ?? 0
  }

  get addresses(): readonly string[] {
    return this.#listening?.addresses ?? []
  }

  get connections(): number {
    return this.#open.size
  }

  async listen(at: NonNullable<FrontOptions['listen']>): Promise<void> {
    this.#listening = await listen((socket) => this.take(socket), at)
  }

  take(socket: Socket): void {
    const id = ++this.#arrived
    const address = socket.remoteAddress
    // Gone before it was looked at.
    if (this.#closed || address === undefined) {
      socket.destroy()
      return
    }
    const ofAddress = this.#perAddress.get(address) ?? 0
    const limit = this.#limitReached(ofAddress)
    if (limit !== undefined) {
      this.#events.failed({ ...baseOf(id, socket), failure: { kind: 'too-many', limit }, late: false })
      socket.destroy()
      return
    }
    this.#open.add(socket)
    this.#perAddress.set(address, ofAddress + 1)
    socket.once('close', () => this.#leave(socket, address))
    new Arrival(id, socket, this.#reception)
  }

  replace(rules: FrontRules): void {
    const contexts = new SecureContexts(rules, this.#keys)
    this.#rules = rules
    this.#contexts = contexts
    this.#reception = this.#receive(rules, contexts)
  }

  renewTicketKeys(keys: TicketKeys): void {
    this.#contexts.renewTicketKeys(keys)
    this.#keys = keys
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#rotation)
    for (const socket of this.#open) socket.destroy()
    await this.#listening?.close()
  }

  #receive(rules: FrontRules, contexts: SecureContexts): Reception {
    const choose = (facts: HelloFacts | undefined) => {
      const { kinds, ecdsaCurve } = contexts
      const kind = chooseIdentity(facts, { kinds, ecdsaCurve, rules })
      return { kind, context: contexts.find(kind, facts?.tickets ?? []) }
    }
    return { rules, choose, sessions: this.#sessions, events: this.#events }
  }

  #limitReached(ofAddress: number): 'connections' | 'address' | undefined {
    const { maxConnections, maxPerAddress } = this.#rules
    if (this.#open.size >= maxConnections) return 'connections'
    return maxPerAddress !== undefined && ofAddress >= maxPerAddress ? 'address' : undefined
  }

  #leave(socket: Socket, address: string): void {
    this.#open.delete(socket)
    const left = (this.#perAddress.get(address) ?? 1) - 1
    if (left > 0) this.#perAddress.set(address, left)
    else this.#perAddress.delete(address)
  }
}
