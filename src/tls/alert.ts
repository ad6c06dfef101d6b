import { Reader } from '../codec/reader.ts'

/** Alert, RFC 5246 §7.2. */
export interface Alert {
  /** 1 warning, 2 fatal. */
  readonly level: number
  readonly description: number
}

/** The alerts of one record, whole ones only: none is cut over records in practice. Throws `DecodeError`. */
export function decodeAlerts(fragment: Uint8Array): Alert[] {
  const r = new Reader(fragment, 'Alert')
  const alerts: Alert[] = []
  while (!r.atEnd) alerts.push({ level: r.u8('level'), description: r.u8('description') })
  return alerts
}

export function encodeAlert({ level, description }: Alert): Uint8Array {
  return Uint8Array.of(level, description)
}
