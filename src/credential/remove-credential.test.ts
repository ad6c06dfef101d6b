import { expect, test } from 'vitest'
import { credentialFormats } from './credential.ts'
import { removalOf } from './remove-credential.ts'

test('the modem deletes the tag that the anchor was written to, and nothing else', () => {
  expect(removalOf('nrf-at', 4200).commands).toEqual(['AT+CFUN=4', 'AT%CMNG=3,4200,0'])
})

test('every format has words for it', () => {
  for (const format of credentialFormats) expect(removalOf(format, 1).text).toMatch(/^[a-z].*[^.]$/)
})
