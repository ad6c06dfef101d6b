import type { Faults } from './faults.ts'

/**
 * What a call of a store may come to. `ends`: the connection (or the thread) is gone before it is asked. `conflict`, `full`: the
 * database itself refuses it, 40001 and 53100. `hangs`: the answer comes late. `lost`: it is done, and the connection
 * ends before the answer.
 */
export const storeFaults = ['ends', 'conflict', 'full', 'hangs', 'lost'] as const
export type StoreFault = (typeof storeFaults)[number]

/** Which call goes wrong, and how; read by whatever stands between the program and its database. */
export interface ArmedFaults {
  faults: Faults
  fault: StoreFault
}

/** An answer that is late, is so by that much. */
export const LATE_MS = 30

/** As the server says them. */
export const refusals = {
  conflict: { code: '40001', message: 'could not serialize access' },
  full: { code: '53100', message: 'could not extend file: No space left on device' },
} as const

/**
 * What is asked in place of `text`, so that the database refuses it and its transaction is as broken as by the real fault. Of
 * several statements those before are done first, as they are when a disk is full.
 */
export function refused(text: string, fault: keyof typeof refusals): string {
  const { code, message } = refusals[fault]
  const raise = `do $torture$ begin raise exception '${message}' using errcode = '${code}'; end $torture$`
  const isScript = /;\s*\S/.test(text) && /^\s*begin\b/i.test(text)
  return isScript ? `${text.replace(/\bcommit\s*;?\s*$/i, '')};${raise}` : raise
}

/** A statement as a test names it. */
export function nameOfCall(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 60)
}
