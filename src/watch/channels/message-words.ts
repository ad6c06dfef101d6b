import { escapeText } from '../../report/escape.ts'
import type { AlertMessage } from './alert-message.ts'

/** A title is one line of a notification; a line of the text is a sentence or two. */
const HEADLINE_CHARS = 300
const LINE_CHARS = 600
const MAX_LINES = 30
/** Of all lines: within what any service takes, in bytes too. */
const MAX_TEXT_CHARS = 5_000

/** One line without control, bidirectional or invisible characters. Formats with marks of their own escape those. */
export function headline(message: AlertMessage, maxChars = HEADLINE_CHARS): string {
  const { act, severity, title } = message
  // The words of a recovery say first that it is one.
  const first = act === 'recover' ? '' : `${act === 'test' ? 'test' : severity}: `
  return escapeText(`${first}${title}`, { maxChars })
}

/** The rest, each as `headline`. A recovery says from when to when it held: it may be the first that is told. */
export function paragraphs(message: AlertMessage): string[] {
  const lines = message.lines.slice(0, MAX_LINES).map((line) => escapeText(line, { maxChars: LINE_CHARS }))
  const text = joinWithin([...heldLines(message), ...lines], MAX_TEXT_CHARS)
  return text === '' ? [] : text.split('\n')
}

function heldLines({ act, raisedAt, at, untold }: AlertMessage): string[] {
  if (act !== 'recover') return []
  const held = `It held from ${minute(raisedAt)} to ${minute(at)}.`
  return untold ? [held, 'No earlier message about it is known to have arrived here.'] : [held]
}

/** `2026-11-21 12:00 UTC` */
export function minute(instant: string): string {
  return `${new Date(instant).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/**
 * As many of the pieces, each spelt by `spell`, as fit: a service refuses what is longer than it takes, and a name must
 * not keep an alert from being told.
 */
export function joinWithin(
  pieces: readonly string[],
  maxChars: number,
  spell: (piece: string) => string = (piece) => piece,
): string {
  let text = ''
  for (const piece of pieces) {
    const next = text === '' ? spell(piece) : `${text}\n${spell(piece)}`
    if (next.length > maxChars - 2) return `${text}\n…`.trimStart()
    text = next
  }
  return text
}
