import type { Spread } from './handshake-assembler.ts'
import type { Moment } from './packet.ts'
import type { Direction, SeenAlert, SeenMessage } from './session.ts'
import type { Side } from './side-facts.ts'

/** Messages, alerts and notes kept of a session, far more than any handshake has. */
const MAX_SEEN_MESSAGES = 256
const MAX_NOTES = 16

/** Of what is no handshake message. */
const ONE_RECORD: Spread = { records: 1, largestRecordBytes: undefined, headerCut: false }
const NO_NOTES: readonly string[] = []

/** Facts are kept in the form in which they are handed out; `direction` may still be turned round. */
type Turnable<T extends { readonly direction: Direction }> = Omit<T, 'direction'> & { direction: Direction }

/** What was seen of one session, in order, each with its frame and time. */
export class SessionLog {
  readonly messages: Turnable<SeenMessage>[] = []
  readonly alerts: Turnable<SeenAlert>[] = []
  notes: readonly string[] = NO_NOTES
  readonly #now: Moment
  readonly #startMs: number

  /** Times are told in milliseconds from `startMs`. */
  constructor(now: Moment, startMs: number) {
    this.#now = now
    this.#startMs = startMs
  }

  get nowMs(): number {
    return this.#now.timeMs - this.#startMs
  }

  message(side: Side, name: string, messageBytes: number | undefined, spread: Spread = ONE_RECORD): void {
    if (this.messages.length >= MAX_SEEN_MESSAGES) return
    this.messages.push({
      direction: provisional(side),
      name,
      messageBytes,
      records: spread.records,
      largestRecordBytes: spread.largestRecordBytes,
      headerCut: spread.headerCut,
      atMs: this.nowMs,
      frame: this.#now.frame,
    })
  }

  alert(side: Side, alert: Pick<SeenAlert, 'level' | 'description' | 'encrypted'>): void {
    if (this.alerts.length < MAX_SEEN_MESSAGES) {
      this.alerts.push({
        direction: provisional(side),
        level: alert.level,
        description: alert.description,
        encrypted: alert.encrypted,
        frame: this.#now.frame,
        atMs: this.nowMs,
      })
    }
    this.message(side, 'Alert', undefined)
  }

  note(text: string): void {
    if (this.notes.length < MAX_NOTES && !this.notes.includes(text)) this.notes = [...this.notes, text]
  }

  /** Names the directions for good, once every record has been read. */
  settle(client: Side | undefined): void {
    if (client !== 1) return
    for (const fact of this.messages) fact.direction = fact.direction === 'c2s' ? 's2c' : 'c2s'
    for (const fact of this.alerts) fact.direction = fact.direction === 'c2s' ? 's2c' : 'c2s'
  }
}

/** Right where side 0 is the client. */
function provisional(side: Side): Direction {
  return side === 0 ? 'c2s' : 's2c'
}
