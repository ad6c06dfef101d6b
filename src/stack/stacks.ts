import type { StackRules } from '../device/device.ts'
import { bearssl } from './bearssl.ts'
import { gnutls } from './gnutls.ts'
import { mbedtls } from './mbedtls.ts'
import { openssl } from './openssl.ts'
import type { Stack } from './stack.ts'
import { wolfssl } from './wolfssl.ts'

const byRules: { readonly [R in StackRules]: Stack } = {
  'mbedtls-2': mbedtls,
  'mbedtls-3': mbedtls,
  'wolfssl-5': wolfssl,
  bearssl,
  'openssl-3': openssl,
  'gnutls-3': gnutls,
}

/** The library whose rules a profile names. */
export function stackFor(rules: StackRules): Stack {
  return byRules[rules]
}
