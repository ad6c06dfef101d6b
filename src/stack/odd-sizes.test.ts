import { expect, test } from 'vitest'
import { resolveDevice } from '../device/catalogue.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { stackFor } from './stacks.ts'

const catalogue = openCatalogue()

function rulesOf(id: string) {
  const device = resolveDevice(id, catalogue)
  return { device, stack: stackFor(device.build.rules!.value) }
}

// biome-ignore format: a table
test.each([
  ['mbedtls@2.28', 1_016, '-0x7B00'],
  ['mbedtls@2.28', 1_024, undefined],
  ['mbedtls@3.6',  1_016, '-0x6E00'],
  ['wolfssl@5.5',  1_016, '-401'],
  ['wolfssl@5.5',  4_096, undefined],
  ['wolfssl@5.5',  6_144, '-401'],
  ['openssl@3.0',  1_536, 'dh key too small'],
  ['openssl@3.0',  2_048, undefined],
])('%s: a Diffie-Hellman prime of %i bits: %s', (id, dhBits, code) => {
  const { stack, device } = rulesOf(id)
  const seen = { version: 0x0303, signatureScheme: 0x0401, dhBits }
  expect(stack.readKeyExchange?.(seen, device)?.code).toBe(code)
})

// biome-ignore format: a table
test.each([
  ['wolfssl@5.5', '-328',                  '-341'],
  ['bearssl@0.6', '5',                     '5'],
  ['gnutls@3.7',  '-417',                  '-417'],
  ['openssl@3.0', 'data length too long',  'packet length too long'],
])('%s: records that TLS does not have', (id, justOver, farOver) => {
  const { stack, device } = rulesOf(id)
  const read = (plaintextBytes: number) =>
    stack.readRecord({ plaintextBytes, overheadBytes: 24, offset: 0 }, device)?.code
  expect([read(16_384), read(16_385), read(17_500)]).toEqual([undefined, justOver, farOver])
})
