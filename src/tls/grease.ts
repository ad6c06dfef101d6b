import { formatCode } from '../codec/hex.ts'

/** RFC 8701 §2: the sixteen reserved values 0x0a0a, 0x1a1a … 0xfafa of 16-bit registries. */
export function isGrease(code: number): boolean {
  return (code & 0x0f0f) === 0x0a0a && code >> 8 === (code & 0xff)
}

/** How a 16-bit code without a row prints: `GREASE(0x0a0a)` or `name(0x1234)`. */
export function formatUnknown16(name: string): (code: number) => string {
  return (code) => `${isGrease(code) ? 'GREASE' : name}(${formatCode(code)})`
}
