import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { processorMs } from '../../test/support/processor-time.ts'
import { realChain, realRoot } from '../../test/support/real-certificates.ts'
import {
  formatPem,
  MAX_PEM_BYTES,
  MAX_PEM_CERTIFICATES,
  PemError,
  parseCertificates,
  parsePem,
} from './pem.ts'

const root = realRoot('isrg-root-x2')
const pem = formatPem(root.der)
const azure = realChain('chain-edge-microsoft-com-g2')

const subjects = (input: string | Uint8Array) =>
  parseCertificates(typeof input === 'string' ? Buffer.from(input) : input, 'f.pem').map(
    ({ sha256 }) => sha256,
  )

function failure(input: string | Uint8Array): PemError {
  try {
    subjects(input)
  } catch (error) {
    if (error instanceof PemError) return error
    throw error
  }
  throw new Error('was read')
}

describe('ways in which certificates come', () => {
  test.each([
    ['plain', pem],
    ['with CRLF', pem.replaceAll('\n', '\r\n')],
    ['with a byte order mark', `\ufeff${pem}`],
    ['indented, text around', `subject=CN\n  ${pem.replaceAll('\n', '\n  ')}\nissuer=CN\n`],
    ['in one line of base64', pem.replace(/([^-])\n(?=[^-])/g, '$1')],
    ['as a C string', pem.replace(/^(.*)\n/gm, '"$1\\n"\n')],
    ['as a C macro', pem.replace(/^(.*)\n/gm, '    "$1\\r\\n" \\\n')],
    ['as a JSON string', JSON.stringify({ certificatePem: pem })],
    ['under its old label', pem.replaceAll('CERTIFICATE', 'X509 CERTIFICATE')],
    ['in UTF-16', Buffer.from(`\ufeff${pem}`, 'utf16le')],
    ['in UTF-16, big end first', Buffer.from(`\ufeff${pem}`, 'utf16le').swap16()],
    ['as DER', root.der],
    [
      'trusted, with settings behind it',
      formatPem(Buffer.concat([root.der, Buffer.of(0x30, 0)]), 'TRUSTED CERTIFICATE'),
    ],
  ])('%s', (_, input) => expect(subjects(input)).toEqual([root.sha256]))

  test('the output of s_client -showcerts, in its order', () => {
    const text = azure
      .map(({ der, subject }, i) => ` ${i} s:${subject.text}\n   i:x\n${formatPem(der)}`)
      .join('')
    const noisy = `CONNECTED(00000003)\n---\nCertificate chain\n${text}---\nServer certificate\nsubject=x\n`
    expect(subjects(noisy)).toEqual(azure.map(({ sha256 }) => sha256))
  })

  test('a key between certificates is passed over and not read', () => {
    const key =
      '-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n'
    expect(subjects(key + pem)).toEqual([root.sha256])
    expect(parsePem(key)).toEqual([{ label: 'EC PRIVATE KEY', line: 1, der: new Uint8Array() }])
  })

  test('what is formatted parses to the same bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (der) => {
        expect(parsePem(formatPem(der))[0]!.der).toEqual(der)
      }),
    )
  })
})

describe('files that hold no certificate say so, and where', () => {
  const secret = 'c2VjcmV0LWtleS1ieXRlcw=='
  const key = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`

  test.each([
    ['nothing', '', 'empty', 'f.pem'],
    ['text', 'hello', 'no-certificate', 'f.pem'],
    ['text that begins with a zero', '0123', 'no-certificate', 'f.pem'],
    ['a key only', key, 'private-key', 'f.pem'],
    ['a PKCS#7', '\n-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n', 'no-certificate', 'f.pem, line 2'],
    ['no END', `${pem}\n${pem.slice(0, 200)}`, 'unterminated', 'f.pem, line 16'],
    ['BEGIN twice', `-----BEGIN CERTIFICATE-----\n${pem}`, 'unterminated', 'f.pem, line 1'],
    ['no base64', pem.replace('\nM', '\n!'), 'base64', 'f.pem, line 2'],
    ['no certificate inside', formatPem(Buffer.of(0x30, 0)), 'malformed', 'f.pem, certificate 1, line 1'],
    ['DER of something else', Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x00), 'malformed', 'f.pem'],
    ['too much', new Uint8Array(MAX_PEM_BYTES + 1), 'too-large', 'f.pem'],
    ['too many', pem.repeat(MAX_PEM_CERTIFICATES + 1), 'too-many', 'f.pem'],
  ])('%s', (_, input, code, at) => {
    const error = failure(input)
    expect(error.code).toBe(code)
    expect(error.at).toBe(at)
    expect(error.hint).not.toBe('')
  })

  test('a key never comes back in the words of an error', () => {
    for (const input of [key, key.slice(0, -20), key + pem.slice(0, 100), key.replace('=', '!')]) {
      const { message, hint, at } = failure(input)
      expect(message + hint + at).not.toContain(secret.slice(0, 12))
    }
  })

  test('a huge line of quotation marks and blanks takes no long time', () => {
    const input = `-----BEGIN CERTIFICATE-----\n${'" ;'.repeat(1_000_000)}x\n-----END CERTIFICATE-----\n`
    expect(processorMs(() => expect(failure(input).code).toBe('base64'))).toBeLessThan(2_000)
  })

  test('no change of a file makes anything but PemError', () => {
    const text = azure.map(({ der }) => formatPem(der)).join('\n')
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(80), fc.string({ maxLength: 8 }), (at, cut, insert) => {
        try {
          subjects(text.slice(0, at) + insert + text.slice(at + cut))
        } catch (error) {
          expect(error).toBeInstanceOf(PemError)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
