import type { ModemTrace } from '../capture/modem-trace.ts'
import { cleanLine } from './log-line.ts'

/** A modem trace as a log: its AT lines, and the network's answers in the words of dialects/nas-causes.yaml. */
export interface ModemLog {
  readonly text: string
  /** Frame of each line. */
  readonly frames: readonly number[]
}

export function modemLog({ lines, rejects, accepts }: ModemTrace): ModemLog {
  const all = [
    ...lines.map(({ frame, text }) => ({ frame, text: cleanLine(text) })),
    ...rejects.map(({ frame, message, cause }) => ({ frame, text: rejectLine(message, cause) })),
    ...accepts.map(({ frame, message }) => ({ frame, text: `NAS ${message}` })),
  ].sort((a, b) => a.frame - b.frame)
  return {
    text: all.map(({ text }) => `${text}\n`).join(''),
    frames: all.map(({ frame }) => frame),
  }
}

function rejectLine(message: string, cause: number | undefined): string {
  if (cause === undefined) return `NAS ${message}`
  return `NAS ${message}, ${message.startsWith('PDN') ? 'ESM' : 'EMM'} cause ${cause}`
}
