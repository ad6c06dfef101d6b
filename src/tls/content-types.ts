import { Registry } from './registry.ts'

/** ContentType of a record, RFC 8446 §5.1, RFC 6520. */
export const contentTypes = {
  change_cipher_spec: { code: 20 },
  alert: { code: 21 },
  handshake: { code: 22 },
  application_data: { code: 23 },
  heartbeat: { code: 24 },
} as const satisfies Record<string, { readonly code: number }>

const registry = new Registry(contentTypes, (code) => `content_type(${code})`)

/** `handshake`, or `content_type(99)`. */
export function formatContentType(code: number): string {
  return registry.format(code)
}
