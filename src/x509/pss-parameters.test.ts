import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { issueCertificate } from '../issue/issue-certificate.ts'
import type { HashToWrite } from '../issue/signature-to-write.ts'
import { decodeCertificate } from './decode-certificate.ts'
import { DerReader } from './der.ts'
import { readPssHash } from './pss-parameters.ts'

const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

function pssHashOf(hash: HashToWrite, pss: boolean): string | undefined {
  const dates = { notBefore: new Date('2026-01-01'), notAfter: new Date('2036-01-01') }
  const rest = { serialBytes: 12, keyIds: false, extensions: [], seed: 'root', issuer: undefined }
  const { der } = issueCertificate({ subject: [['CN', 'root']], key, hash, pss, ...dates, ...rest })
  return decodeCertificate(der).pssHash
}

test('a certificate signed by RSASSA-PSS tells the hash of its parameters', () => {
  expect([pssHashOf('sha256', true), pssHashOf('sha512', true), pssHashOf('md5', true)]).toEqual([
    'sha256',
    'sha512',
    'md5',
  ])
})

test('another signature has no such hash', () => {
  expect(pssHashOf('sha256', false)).toBeUndefined()
})

test('parameters that name no hash mean SHA-1, and broken ones mean nothing', () => {
  const oid = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a]
  const read = (...parameters: number[]) =>
    readPssHash(new DerReader(Uint8Array.from([...oid, ...parameters]), 'algorithm', new Set()))
  expect(read(0x30, 0x00)).toBe('sha1')
  expect(read()).toBeUndefined()
  expect(read(0x30, 0x02, 0xa0, 0x05)).toBeUndefined()
})
