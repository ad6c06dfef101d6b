import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { processorMs } from '../../test/support/processor-time.ts'
import { realRoot } from '../../test/support/real-certificates.ts'
import { fixture } from '../../test/support/tlsfit.ts'
import { looksLikeCertificates } from './looks-like-certificates.ts'
import { formatPem } from './pem.ts'

const root = realRoot('isrg-root-x2')
const pem = formatPem(root.der)
const is = (input: string | Uint8Array) =>
  looksLikeCertificates(typeof input === 'string' ? Buffer.from(input) : input)
const hex = (bytes: Uint8Array) =>
  [...bytes].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(', ')
const session = `CONNECTED(00000003)\ndepth=0 CN = a\nverify error:num=20:unable to get local issuer certificate\n---\nCertificate chain\n 0 s:CN = a\n   i:CN = b\n${pem}---\nServer certificate\nsubject=CN = a\n`

describe('certificate material', () => {
  test.each<[string, string | Uint8Array]>([
    ['PEM', pem],
    ['PEM with CRLF', pem.replaceAll('\n', '\r\n')],
    [
      'PEM with the subject before it, as bundles have it',
      `# ISRG Root X2\nsubject=CN = ISRG Root X2\n${pem}`,
    ],
    [
      'PEM behind its text',
      `Certificate:\n    Serial Number:\n        41:72:00\n  Signature Value:\n    00:95:08:e1\n    12:34:56:78\n${pem}`,
    ],
    ['PEM on one line', JSON.stringify({ ca: pem })],
    ['PEM escaped for HTML', `<p>${pem.replaceAll('+', '&#43;')}</p>`],
    ['PEM in UTF-16', Buffer.from(`\ufeff${pem}`, 'utf16le')],
    ['PEM that is cut', pem.slice(0, 300)],
    ['a key alone', '-----BEGIN PRIVATE KEY-----\nMC4CAQA=\n-----END PRIVATE KEY-----\n'],
    ['DER', root.der],
    ['DER that is cut', root.der.subarray(0, 400)],
    ['s_client', session],
    [
      's_client of a server that sends no certificate',
      'CONNECTED(00000003)\n---\nno peer certificate available\n---\n',
    ],
    [
      'a header with PEM',
      `#ifndef A_H\n#define A_H\nstatic const char ca[] = "${pem.replaceAll('\n', '\\n')}";\n#endif\n`,
    ],
    ['a header with bytes', `const uint8_t ca[] = {\n${hex(root.der)}\n};\n`],
    ['a header with the bytes of PEM', `const uint8_t ca[] = {\n${hex(Buffer.from(pem))}, 0\n};\n`],
    ['the first part of a header with bytes', `const uint8_t ca[] = {\n${hex(root.der).slice(0, 1_500)}`],
    ['AT commands that write', `AT+CFUN=4\nOK\nAT%CMNG=0,1,0,"${pem}"\nOK\n`],
  ])('%s', (_, input) => expect(is(input)).toBe(true))

  test('every chain of the fixtures', () => {
    for (const file of readdirSync(fixture('chains')))
      expect(is(readFileSync(fixture(`chains/${file}`)))).toBe(true)
  })

  test('PKCS #7', () => {
    const args = ['crl2pkcs7', '-nocrl', '-certfile', fixture('chains/chain-edge-microsoft-com-g2.pem')]
    expect(is(execFileSync('openssl', args))).toBe(true)
    expect(is(execFileSync('openssl', [...args, '-outform', 'DER']))).toBe(true)
  })
})

describe('everything else', () => {
  test.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    [
      'a log of ESP-IDF with PEM in it',
      `I (312) boot: ESP-IDF v5.2\nI (900) app: root:\n${pem}E (1200) esp-tls: failed\n`,
    ],
    [
      'a log of Zephyr with PEM in it',
      `[00:00:01.000,000] <inf> app: x\n${pem}[00:00:02.000,000] <err> y: -111\n`,
    ],
    ['a log whose PEM lines have times', pem.replace(/^/gm, '[00:00:01.123,000] <inf> cert: ')],
    [
      'a log with a listing',
      '%CMNG: 1,0,"AB"\n+CEREG: 5,"0A","0B"\n[00:01] <err> download_client: errno 111\n',
    ],
    ['a listing of credentials', 'AT%CMNG=1\n%CMNG: 1,0,"AB"\n%CMNG: 1,1\nOK\n'],
    ['commands of another modem with PEM among them', `AT+QSSLCFG="sni",1\nERROR\n${pem}AT+QFUPL="ca.pem"\n`],
    ['a trace of a modem', `AT%CMNG=0,1,0,"${pem}"\nOK\n+CEREG: 5\n%CESQ: 1,2,3\n+CNEC_ESM: 50\n`],
    ['a source without certificates', '#include <stdio.h>\nconst uint8_t a[] = { 0x00, 0x01 };\n'],
    ['an image of a chip as an array', `const uint8_t a[] = {${'0x30, 0x81, '.repeat(80)}0};`],
    ['a capture', Buffer.from('d4c3b2a1020004000000000000000000', 'hex')],
    [
      'a failure before a PEM block that is cut off',
      `download_client: Unable to connect, errno 111\nAT%CMNG=0,1,0,"${pem.slice(0, 300)}`,
    ],
    [
      'a failure behind a PEM block that is cut off',
      `AT%CMNG=0,1,0,"${pem.slice(0, 300)}\nmqtt_helper: mqtt_connect failed, error: -111\n`,
    ],
    ['a sentence', 'verify error, and a certificate chain\n'],
    ['JSON', '{"schema":"x"}'],
  ])('%s', (_, input) => expect(is(input)).toBe(false))

  test('any bytes at all never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void is(bytes)),
      { numRuns: 500 },
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => void is(text)),
      { numRuns: 500 },
    )
  })

  test('ten megabytes are told in a moment', () => {
    const tookMs = processorMs(() => {
      for (const text of ['-----BEGIN CERTIFICATE-----\n', 'AT%CMNG=0,1,0,"\n', '{/*', '30 82 '])
        is(Buffer.from(text.repeat(500_000)))
    })
    expect(tookMs).toBeLessThan(4_000)
  })
})
