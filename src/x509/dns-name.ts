import { parseIp } from './ip-address.ts'

/**
 * A host name that DNS can hold and a URL can carry: labels of letters, digits, `-` and the `_` that is met with,
 * RFC 1123 §2.1. The names of a certificate are whatever its issuer wrote.
 */
export function isDnsName(text: string): boolean {
  if (text.length > 253 || parseIp(text) !== undefined) return false
  return /^(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*$/i.test(text)
}
