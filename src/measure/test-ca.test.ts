import { X509Certificate } from 'node:crypto'
import { chmodSync, mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTestCa } from './test-ca.ts'

const now = new Date('2026-11-21T10:00:00Z')
const later = new Date('2026-12-24T10:00:00Z')
const newFolder = () => mkdtempSync(join(tmpdir(), 'test-ca-'))

test('a test CA is RSA-2048, lasts thirty days, is kept, and its file is for the owner only', async () => {
  const folder = join(newFolder(), 'made')
  const ca = await openTestCa(folder, now, false)
  const certificate = new X509Certificate(ca.pem)
  expect(ca.isNew).toBe(true)
  expect(certificate.ca).toBe(true)
  expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048)
  expect(new Date(certificate.validTo)).toEqual(new Date('2026-12-21T10:00:00Z'))
  const file = join(folder, 'test-ca.pem')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  chmodSync(file, 0o644)
  const again = await openTestCa(folder, now, false)
  expect(again).toMatchObject({ isNew: false, sha256: ca.sha256, subject: ca.subject })
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('one that has run out is an error for a session that goes on, and made anew for a new one', async () => {
  const folder = newFolder()
  const ca = await openTestCa(folder, now, false)
  await expect(openTestCa(folder, later, false)).rejects.toThrow(/has run out/)
  const next = await openTestCa(folder, later, true)
  expect(next.isNew).toBe(true)
  expect(next.sha256).not.toBe(ca.sha256)
})

test('a damaged file is an error, and is never written over', async () => {
  const folder = newFolder()
  writeFileSync(join(folder, 'test-ca.pem'), 'nothing of the kind')
  await expect(openTestCa(folder, now, true)).rejects.toThrow(/is damaged/)
})
