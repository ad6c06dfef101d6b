import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type CredentialFormat, formatCredential } from '../../src/credential/credential.ts'
import { basicConstraints } from '../../src/issue/certificate-extensions.ts'
import { issueCertificate } from '../../src/issue/issue-certificate.ts'
import type { Certificate } from '../../src/x509/certificate.ts'
import { decodeCertificate } from '../../src/x509/decode-certificate.ts'
import { peer } from '../support/peer.ts'
import { realRoot } from '../support/real-certificates.ts'
import { small } from '../support/small-pki.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-credentials-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const mbedtls = existsSync('/usr/include/mbedtls/x509_crt.h')
const gcc = peer('gcc')
const there = gcc !== undefined && mbedtls
if (!there && process.env.CI === 'true') throw new Error('libmbedtls-dev is missing: npm run peers')
const anchors = [realRoot('isrg-root-x1'), realRoot('amazon-root-ca-3')]
const hashes = anchors.map(({ sha256 }) => sha256)

/** Compiles a program of this folder with the header that the format writes, and gives what it prints. */
function run(
  program: string,
  format: CredentialFormat,
  given: readonly Certificate[] = anchors,
  { flags = [] as string[], pick = '.h', args = [] as string[] } = {},
): string[] {
  const header = formatCredential(format, given).files.find(({ name }) => name.endsWith(pick))!
  const place = mkdtempSync(join(folder, 'c-'))
  writeFileSync(join(place, 'written.h'), header.bytes)
  const binary = join(place, 'program')
  const standard = program.endsWith('.cpp') ? ['-xc++', '-std=c++11'] : ['-std=c11']
  const compiler = program.endsWith('.cpp') ? gcc!.replace(/gcc$/, 'g++') : gcc!
  execFileSync(compiler, [
    ...[...standard, '-Wall', '-Wextra', '-Werror', '-Wcomment', '-Wtrigraphs', ...flags],
    ...[`-I${place}`, `-I${import.meta.dirname}`, `-I${join(import.meta.dirname, 'include')}`],
    ...['-o', binary, join(import.meta.dirname, program)],
    ...['-lmbedx509', '-lmbedcrypto'],
  ])
  return execFileSync(binary, args, { encoding: 'utf8' }).trimEnd().split('\n')
}

describe.skipIf(!there)('headers as a compiler and Mbed TLS read them', { timeout: 60_000 }, () => {
  test('C: the PEM string holds every anchor, each array the DER of one', () => {
    expect(run('c-header.c', 'c-header')).toEqual([...hashes, ...hashes])
  })

  test('Zephyr: each anchor under a tag of its own, as DER', () => {
    expect(run('zephyr.c', 'zephyr')).toEqual(hashes.map((hash, index) => `${42 + index} ${hash}`))
  })

  test('Zephyr: as PEM the size counts the NUL, without which Mbed TLS refuses it', () => {
    const printed = run('zephyr.c', 'zephyr', anchors, { flags: ['-DROOT_CA_USE_PEM'] })
    expect(printed).toEqual(hashes.map((hash, index) => `${42 + index} ${hash}`))
  })

  test('Arduino: one string for all anchors, in C++', () => {
    expect(run('arduino.cpp', 'arduino')).toEqual(hashes)
  })

  test('ESP-IDF bundle: a binary search finds each key in both layouts, and the key verifies', () => {
    const many = [
      'isrg-root-x1',
      'isrg-root-x2',
      'amazon-root-ca-1',
      'amazon-root-ca-3',
      'digicert-global-root-g2',
      'usertrust-ecc',
      'gts-root-r4',
    ].map(realRoot)
    const pem = join(folder, 'many.pem')
    writeFileSync(pem, formatCredential('pem', many).files[0]!.bytes)
    expect(run('esp-bundle.c', 'esp-idf-bundle', many, { args: [pem] })).toEqual(Array(14).fill('found'))
  })

  test('a hostile name breaks out of no comment and no string', () => {
    const hostile = hostileNames.map((name) => named(name))
    const two = [hostile[0]!, hostile[1]!]
    expect(run('c-header.c', 'c-header', two)).toHaveLength(4)
    expect(run('zephyr.c', 'zephyr', two)).toHaveLength(2)
    expect(run('arduino.cpp', 'arduino', hostile)).toEqual(hostile.map(({ sha256 }) => sha256))
  })
})

const hostileNames = [
  '*/ int main(void) { return 7; } /*',
  '??/\n#error broken "\\',
  '-----BEGIN CERTIFICATE-----',
  '/* \\\n// \u2028 \u202e */ #include "/etc/passwd"',
  '\0\r\nAT+CFUN=1\r\n%CMNG: 42,0,"00"',
]

function named(name: string): Certificate {
  const { key } = small({ name: 'hostile', ca: true }).issued
  const { der } = issueCertificate({
    subject: [['CN', name]],
    key,
    issuer: undefined,
    hash: 'sha256',
    notBefore: new Date('2026-01-01'),
    notAfter: new Date('2036-01-01'),
    serialBytes: 16,
    keyIds: true,
    extensions: [basicConstraints(true)],
    seed: name,
  })
  return decodeCertificate(der)
}
