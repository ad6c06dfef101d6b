import { formatUnknown16 } from './grease.ts'
import { Registry } from './registry.ts'

/** ProtocolVersion, RFC 8446 §4.1.2 and its forerunners; names as OpenSSL and Node spell them. */
export const versions = {
  SSLv3: { code: 0x0300 },
  TLSv1: { code: 0x0301 },
  'TLSv1.1': { code: 0x0302 },
  'TLSv1.2': { code: 0x0303 },
  'TLSv1.3': { code: 0x0304 },
  'DTLSv1.3': { code: 0xfefc },
  'DTLSv1.2': { code: 0xfefd },
  'DTLSv1.0': { code: 0xfeff },
} as const satisfies Record<string, { readonly code: number }>

const registry = new Registry(versions, formatUnknown16('version'))

/** `TLSv1.2`, `GREASE(0x0a0a)` or `version(0x0305)`. */
export function formatVersion(code: number): string {
  return registry.format(code)
}

/** Code of `TLSv1.2` and the like; undefined for another name. */
export function parseVersion(name: string): number | undefined {
  return registry.parse(name)
}

/** TLS 1.3, its drafts (0x7f..) and DTLS 1.3: DTLS counts down, so that numbers cannot be compared. */
export function isTls13(version: number): boolean {
  return (
    version === versions['TLSv1.3'].code || version === versions['DTLSv1.3'].code || version >> 8 === 0x7f
  )
}
