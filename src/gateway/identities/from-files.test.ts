import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { small } from '../../../test/support/small-pki.ts'
import { parseCertificates } from '../../x509/pem.ts'
import { readIdentity } from './from-files.ts'
import { IdentityError } from './identity-error.ts'

const now = new Date('2026-06-01T00:00:00Z')
const folder = mkdtempSync(join(tmpdir(), 'tlsfit-identity-'))
afterAll(() => rmSync(folder, { recursive: true }))

const root = small({ name: 'Root', ca: true })
const ca = small({ name: 'Issuing', ca: true, issuer: root })
const leaf = small({ name: 'fota.test', issuer: ca, altNames: ['fota.test'] })

function write(name: string, ...certificates: readonly (typeof leaf)[]): string {
  const path = join(folder, name)
  writeFileSync(path, certificates.map(({ issued }) => issued.pem).join(''))
  return path
}

function keyOf(certificate: typeof leaf, name: string): string {
  const path = join(folder, name)
  writeFileSync(path, certificate.issued.key.export({ type: 'pkcs8', format: 'pem' }))
  return path
}

const key = keyOf(leaf, 'leaf.key')

function faultOf(chain: string, keyPath = key, kind: 'ecdsa' | 'rsa' = 'ecdsa', at = now): IdentityError {
  try {
    readIdentity({ chain, key: keyPath }, kind, at)
  } catch (error) {
    if (error instanceof IdentityError) return error
    throw error
  }
  throw new Error('it was taken')
}

describe('an identity from files', () => {
  test('is the chain as written, without the root that devices hold anyway', () => {
    const { certPem } = readIdentity({ chain: write('full.pem', leaf, ca, root), key }, 'ecdsa', now)
    const shown = parseCertificates(Buffer.from(certPem), 'shown')
    expect(shown.map(({ sha256 }) => sha256)).toEqual([leaf.sha256, ca.sha256])
  })

  test('a self-signed certificate alone stays', () => {
    const own = small({ name: 'alone', ca: true })
    const paths = { chain: write('own.pem', own), key: keyOf(own, 'own.key') }
    expect(readIdentity(paths, 'ecdsa', now).certPem).toContain('BEGIN CERTIFICATE')
  })

  test.each([
    [
      'the key of another',
      () => faultOf(write('a.pem', leaf, ca), keyOf(ca, 'ca.key')),
      'is not the key',
      'compare',
    ],
    ['the wrong order', () => faultOf(write('b.pem', leaf, root, ca)), 'did not sign', 'leaf first'],
    [
      'the issuer first',
      () => faultOf(write('c.pem', ca, leaf), keyOf(ca, 'ca2.key')),
      'did not sign',
      'leaf first',
    ],
    [
      'an expired leaf',
      () => faultOf(write('d.pem', leaf, ca), key, 'ecdsa', new Date('2028-01-01')),
      'expired on 2027-01-01',
      'renew',
    ],
    [
      'a leaf of tomorrow',
      () => faultOf(write('e.pem', leaf, ca), key, 'ecdsa', new Date('2025-12-31')),
      'valid from 2026-01-01',
      'clock',
    ],
    ['an EC key under rsa', () => faultOf(write('f.pem', leaf, ca), key, 'rsa'), 'stands under rsa', 'leaf'],
    [
      'a chain where the key should be',
      () => faultOf(write('g.pem', leaf), write('h.pem', leaf)),
      'h.pem',
      'PEM',
    ],
    ['a missing file', () => faultOf(join(folder, 'nowhere.pem')), 'ENOENT', 'certificates'],
    ['a key where the chain should be', () => faultOf(key), 'leaf.key', ''],
  ])('%s is told with the name of the file', (_what, fault, message, hint) => {
    const { message: told, hint: mend } = fault()
    expect(told).toContain(folder)
    expect(told).toContain(message)
    expect(mend).toContain(hint)
    expect(`${told}${mend}`).not.toContain('PRIVATE KEY')
  })
})
