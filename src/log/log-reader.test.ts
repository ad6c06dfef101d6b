import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openDialects } from '../io/dialect-files.ts'
import { LogReader } from './log-reader.ts'
import { LogError } from './log-text.ts'

const dialects = openDialects()

function read(...chunks: (string | Uint8Array)[]) {
  const reader = new LogReader(dialects)
  for (const chunk of chunks) reader.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  return reader.finish()
}

const failed = 'E (7795) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700'

// Thousands of formats: slow on a machine that is busy with other tests.
describe('the log reader', { timeout: 60_000 }, () => {
  test('reads a line through colour, time, carriage returns and serial noise', () => {
    const plain = read(failed).symptoms
    expect(plain[0]?.signs.map(({ sign }) => sign.id)).toContain('verify-failed')
    for (const noisy of [
      `\u001b[0;31m${failed}\u001b[0m`,
      `\u0000\u0007${failed}\r\n`,
      `[12:03:04.555] ${failed}`,
      `x\r${failed}`,
    ]) {
      expect(read(noisy).symptoms.map(({ meaning }) => meaning)).toEqual(plain.map(({ meaning }) => meaning))
    }
  })

  test('reads an anchor that a control character parts, beside one that only begins as it does', () => {
    const line = 'Not enough memory to allocate SSL; Not enough memory for a thing'
    const plain = read(line).symptoms.map(({ meaning }) => meaning)
    expect(plain).toHaveLength(1)
    expect(read(line.replace('memory', 'mem\u0007ory')).symptoms.map(({ meaning }) => meaning)).toEqual(plain)
  })

  test('reads UTF-16, as some terminals write it', () => {
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(failed, 'utf16le')])
    expect(read(utf16).symptoms).toHaveLength(1)
  })

  test('a plain port stands behind a host: a count of bytes is none', () => {
    const signs = (line: string) =>
      read(line).symptoms.flatMap(({ signs: of }) => of.map(({ sign }) => sign.id))
    for (const line of [
      'mqtt://broker:1883',
      'to broker.example.com:1883',
      'connect 192.0.2.7:1883',
      'port 1883',
    ])
      expect(signs(line), line).toContain('plain-port')
    for (const line of ['wrote:1883', 'AT+QSSLCFG=1\nwrote:1883'])
      expect(signs(line), line).not.toContain('plain-port')
  })

  test('an empty piece at the start does not settle what the rest is', () => {
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(failed, 'utf16le')])
    expect(read('', utf16).symptoms).toHaveLength(1)
    expect(() => read('', new Uint8Array(64))).toThrow(LogError)
  })

  test('gives the same whatever the pieces in which it comes', () => {
    const text = `boot\n${failed}\nI (9) x: y\r\n[00:01:30.380,310] <err> download_client: Unable to connect, errno 111\n`
    const whole = read(text)
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 6 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length]
        const pieces = places.slice(1).map((end, at) => text.slice(places[at], end))
        expect(read(...pieces)).toEqual(whole)
      }),
      { numRuns: 40 },
    )
  })

  test('counts repeats and keeps the first line', () => {
    const { symptoms } = read(`a\n${`${failed}\n`.repeat(5)}`)
    expect(symptoms[0]).toMatchObject({ line: 2, lastLine: 6, count: 5 })
  })

  test('blanks keys, passwords, tokens and signatures before it keeps a line', () => {
    const secrets = [
      ['AT%CMNG=0,16842753,2,"-----BEGIN EC PRIVATE KEY-----MHcCAQEEIA"', 'MHcCAQEEIA'],
      ['AT+CWJAP="home","hunter2secret"', 'hunter2secret'],
      ['https://a.blob.core.windows.net/c/b?sv=1&sig=Abc%2Bdef', 'Abc%2Bdef'],
      ['AT+QMTCONN=0,"dev1","user","SharedAccessSignature sr=x&sig=Zz9"', 'Zz9'],
      ['Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.abcdefgh', 'eyJhbGci'],
      ['AT+CPIN=7351', '7351'],
      ['AT+CPIN="7351","7352"', '7352'],
      ['AT+CPWD=SC,7351,7352', '7351'],
      [`${'.'.repeat(200)} AT+CWJAP=home,hunter2`, 'hunter2'],
      ['I (9) wifi station: Failed to connect to SSID:home, password:hunter2', 'hunter2'],
      ['{"user":"u","password":"hunter2"}', 'hunter2'],
      ["with passphrase 'hunter2'", 'hunter2'],
      ['x-api-key: hunter2', 'hunter2'],
    ]
    for (const [line, secret] of secrets) {
      const { symptoms } = read(`E (1) esp-tls: Failed to open new connection ${line}`)
      expect(symptoms.length, line).toBeGreaterThan(0)
      expect(JSON.stringify(symptoms)).not.toContain(secret)
    }
  })

  test.each([
    'I (330) cpu_start: ESP-IDF:          v4.4.5',
    'I (331) app_init: ESP-IDF:          v4.4.5',
    'I (31) boot: ESP-IDF v4.4.5 2nd stage bootloader',
  ])('tells the version of ESP-IDF from %s', (line) => {
    expect(read(line).devices.map(({ id }) => id)).toEqual(['esp-idf@4.4.5'])
  })

  test('blanks no error number behind the name of a secret', () => {
    for (const line of [
      'E (1) esp-tls: Failed to open new connection, bad password: -0x2180',
      'E (1) esp-tls: Failed to open new connection, token: ESP_FAIL',
    ]) {
      expect(read(line).symptoms[0]?.text).toBe(line)
    }
  })

  test('takes a line of any length in pieces, with a note', () => {
    const { notes, symptoms } = read('x'.repeat(300_000), `\n${failed}\n`)
    expect(notes.join()).toContain('read in pieces')
    expect(symptoms).toHaveLength(1)
  })

  test('refuses what is no text, naming the place', () => {
    const binary = Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7919) % 32))
    expect(() => read(binary)).toThrow(LogError)
    const mixed = Buffer.from(
      Array.from({ length: 4096 }, (_, at) => (at * at * 31 + at * 7919 + (at >> 3)) % 251),
    )
    expect(() => read(mixed)).toThrow(LogError)
    expect(() => read(Buffer.from([0, 1, 2, 3]))).toThrow(LogError)
  })

  test('takes an old code page, and noise at a reset', () => {
    const noise = Buffer.concat([Buffer.from([0xff, 0x00, 0xfe, 0x80, 0x01]), Buffer.from(`\n${failed}\n`)])
    expect(read(noise).symptoms).toHaveLength(1)
    const gbk = Buffer.concat([
      Buffer.from(Array(200).fill([0xc4, 0xe3, 0xba, 0xc3]).flat()),
      Buffer.from(`\n${failed}\n`),
    ])
    expect(read(gbk).symptoms).toHaveLength(1)
  })

  test('never throws, and never hangs, on text of any kind', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        try {
          read(`${text} mbedtls_ssl_handshake returned -${text} errno ${text}\n+CME ERROR: ${text}`)
        } catch (error) {
          expect(error).toBeInstanceOf(LogError)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('finds nothing in a log of something else', () => {
    const { symptoms } = read(
      'Jan 12 10:00:00 host kernel: usb 1-1: new device\ncompiling main.c ... ok\ntemperature 21.5\n',
    )
    expect(symptoms).toEqual([])
  })
})
