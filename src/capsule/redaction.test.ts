import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatCapsule, looksLikeCapsule, parseCapsule } from './capsule-file.ts'
import { Pseudonyms } from './pseudonyms.ts'
import { ChainRedaction } from './redact-chain.ts'
import { redactLine, redactLog } from './redact-log.ts'

const names = () =>
  new Pseudonyms(Buffer.alloc(32, 3), {
    hosts: ['*.blob.core.windows.net'],
    authorities: new Set(['DigiCert Inc']),
  })

const label = fc.stringMatching(/^[a-z][a-z0-9]{6,14}$/)

test('no host, address, token or identity of a line is in its redacted self, which has the same length', () => {
  fc.assert(
    fc.property(label, label, fc.ipV4(), fc.stringMatching(/^\d{15}$/), (host, secret, ip, imei) => {
      const line = `[00:00:01.2] https://${host}.example.com/fw?sig=${secret} at 8.${ip.split('.').slice(1).join('.')} imei ${imei} password: ${secret}`
      const out = redactLine(line, names())
      expect(out.length).toBe(line.length)
      for (const gone of [host, secret, imei]) expect(out).not.toContain(gone)
      expect(out).not.toContain(` 8.${ip.split('.').slice(1).join('.')} `)
      expect(out.startsWith('[00:00:01.2] https://')).toBe(true)
    }),
    { numRuns: 200 },
  )
})

test('a name has one pseudonym, two names never have the same', () => {
  const all = names()
  const made = [...'abcdefghijklmnopqrstuvwxyz'].map((one) => all.word(one))
  expect(new Set(made).size).toBe(26)
  expect(all.host('Device1.Corp.Test')).toHaveLength('Device1.Corp.Test'.length)
  expect(all.host('device1.corp.test')).toBe(all.host('Device1.Corp.Test').toLowerCase())
})

test('the end of a known service stays, and wildcards with it', () => {
  expect(names().host('*.blob.core.windows.net')).toBe('*.blob.core.windows.net')
  expect(names().host('secretaccount.blob.core.windows.net')).toMatch(
    /^(?!secret)[a-z]{13}\.blob\.core\.windows\.net$/,
  )
})

test('loopback and the prefix of a private network stay', () => {
  expect(names().address('127.0.0.1')).toBe('127.0.0.1')
  expect(names().address('::1')).toBe('::1')
  expect(names().address('192.168.10.77')).toMatch(/^192\.168\.(?!10\.77)\d\d\.\d\d$/)
})

test.each([
  ['other JSON', '{"schema":"tlsfit/verdict@1"}'],
  ['a kind that there is not', '{"schema":"tlsfit/capsule@1","kind":"else"}'],
  ['a wrong type', '{"schema":"tlsfit/capsule@1","kind":"log","runs":[{"from":"1","lines":[]}]}'],
  [
    'lines out of order',
    '{"schema":"tlsfit/capsule@1","kind":"log","runs":[{"from":5,"lines":["a"]},{"from":2,"lines":["b"]}]}',
  ],
  ['a line far away', '{"schema":"tlsfit/capsule@1","kind":"log","runs":[{"from":999999999,"lines":["a"]}]}'],
  ['half a file', '{"schema":"tlsfit/capsule@1","kind":"lo'],
])('%s is no capsule, and the error says so', (_, text) => {
  expect(() => parseCapsule(Buffer.from(text), 'x')).toThrowError(
    expect.objectContaining({ name: 'CapsuleError' }),
  )
})

test('a file of more than a megabyte is refused before it is parsed', () => {
  expect(() => parseCapsule(Buffer.alloc(1_048_577, 32), 'x')).toThrowError(/more than 1048576/)
})

test('a capsule is told by its first key and read as it was written', () => {
  const capsule = { kind: 'log', device: 'nrf9160@1.3.7', runs: [{ from: 3, lines: ['errno 111'] }] } as const
  const bytes = Buffer.from(formatCapsule(capsule))
  expect(looksLikeCapsule(bytes)).toBe(true)
  expect(parseCapsule(bytes, 'x')).toEqual(capsule)
})

test('the command that stores a key stays, the key does not', () => {
  const lines = [
    'AT%CMNG=0,42,2,"-----BEGIN PRIVATE KEY-----',
    'MIIEvQIBADANBgkqhkiG9w0',
    '-----END PRIVATE KEY-----"',
    'OK',
  ]
  expect(redactLog(lines, names(), new ChainRedaction(names(), []))).toEqual([
    'AT%CMNG=0,42,2,"-----BEGIN PRIVATE KEY-----',
    'xxxxxxxxxxxxxxxxxxxxxxx',
    '-----END PRIVATE KEY-----"',
    'OK',
  ])
})
