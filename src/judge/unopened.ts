import type { Connection } from '../observe/observation.ts'

/** The device would have gone on with its download there, and TCP or TLS failed. */
export function isUnopened({ role, establishedAtMs, negotiated, close }: Connection): boolean {
  if ((role !== 'range' && role !== 'redirect') || establishedAtMs !== undefined) return false
  return negotiated === undefined || (close !== undefined && close.by !== 'us') || close?.how === 'timeout'
}
