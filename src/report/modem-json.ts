import type { Json } from '../observe/observation-json.ts'
import { causeWords } from './cause-words.ts'
import { type ModemToShow, modemNotes } from './modem-text.ts'

type JsonObject = { readonly [key: string]: Json }

/** `modem` of `tlsfit/sessions@1`: lines that tell something, and what the network refused. */
export function modemJson(modem: ModemToShow): JsonObject {
  const { trace, facts, frames, ranking } = modem
  return {
    atLines: trace.lines.length,
    says: facts.symptoms.map(({ line, text, meaning, count }) => ({
      frame: frames[line - 1] ?? null,
      text,
      meaning,
      count,
    })),
    rejects: trace.rejects.map(({ frame, atMs, message, cause, name }) => ({
      frame,
      at: Number.isFinite(atMs) ? isoTime(atMs) : null,
      message,
      cause: cause ?? null,
      name: name ?? null,
    })),
    accepts: trace.accepts.map(({ frame, message }) => ({ frame, message })),
    causes: ranking.causes.map(({ id, confidence }) => ({ id, title: causeWords[id].title, confidence })),
    decided: ranking.decided,
    skipped: trace.skipped.map(({ what, frames: count }) => ({ what, frames: count })),
    notes: modemNotes(modem),
  }
}

/** null for a time that no calendar has: a file can say anything. */
function isoTime(ms: number): string | null {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
