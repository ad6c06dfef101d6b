import type { StackRules } from '../device/device.ts'
import { gnutls } from './gnutls.ts'
import { mbedtls } from './mbedtls.ts'
import { openssl } from './openssl.ts'
import type { Stack } from './stack.ts'

const byRules: { readonly [R in StackRules]: Stack | undefined } = {
  'mbedtls-2': mbedtls,
  'mbedtls-3': mbedtls,
  'wolfssl-5': undefined,
  bearssl: undefined,
  'openssl-3': openssl,
  'gnutls-3': gnutls,
}

/** The library whose rules a profile names; undefined where they are not written yet. */
export function stackFor(rules: StackRules): Stack | undefined {
  return byRules[rules]
}
