import type { ModemTrace } from '../capture/modem-trace.ts'
import type { TlsSession } from '../capture/session.ts'
import { type ModemRanking, rankModem } from '../judge/modem-causes.ts'
import { LogReader } from '../log/log-reader.ts'
import { modemLog } from '../log/modem-log.ts'
import type { LogFacts } from '../log/symptom.ts'
import { openDialects } from './dialect-files.ts'

/** What a modem trace says of its network and its commands. */
export interface ModemExplained extends ModemRanking {
  readonly trace: ModemTrace
  readonly facts: LogFacts
  /** Frame of each line that `facts` numbers. */
  readonly frames: readonly number[]
}

/** AT lines are read as a log's are: the dialects are only opened for them. */
export function explainModem(trace: ModemTrace, sessions: readonly TlsSession[]): ModemExplained {
  const { text, frames } = modemLog(trace)
  const reader = new LogReader(openDialects())
  if (text !== '') reader.push(Buffer.from(text))
  const facts = reader.finish()
  return { trace, facts, frames, ...rankModem(facts, frames, trace, sessions) }
}
