import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KeyLogReader, type KeyLogSecret, MAX_KEY_LOG_LINE_BYTES } from './key-log.ts'
import { SecretStore } from './secret-store.ts'

const random = 'ab'.repeat(32)
const master = '0c'.repeat(48)
const traffic = '7e'.repeat(32)
const log = [
  '# SSL/TLS secrets log file',
  '',
  `CLIENT_RANDOM ${random} ${master}`,
  `RSA 0011223344556677 ${master}`,
  `CLIENT_HANDSHAKE_TRAFFIC_SECRET ${random} ${traffic}`,
  `SERVER_TRAFFIC_SECRET_0 ${random.toUpperCase()} ${traffic}`,
  `EXPORTER_SECRET ${random} ${traffic}`,
].join('\r\n')

describe('a key log', () => {
  test('gives each secret with what names its session', () => {
    const { secrets, note } = read([log])
    expect(note).toBeUndefined()
    expect(secrets.map(({ label, of, secret }) => [label, of, secret.length])).toEqual([
      ['CLIENT_RANDOM', random, 48],
      ['RSA', '0011223344556677', 48],
      ['CLIENT_HANDSHAKE_TRAFFIC_SECRET', random, 32],
      ['SERVER_TRAFFIC_SECRET_0', random, 32],
    ])
  })

  test('says the same in chunks of any size', () => {
    for (const size of [1, 2, 7, 64]) {
      const chunks = log.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
      expect(read(chunks)).toEqual(read([log]))
    }
  })

  test('tells lines that cannot be read by number, and never what is in them', () => {
    const bad = [
      `CLIENT_RANDOM ${random} ${master}00`,
      `CLIENT_RANDOM ${random.slice(2)} ${master}`,
      `CLIENT_RANDOM ${random}`,
      `client_random ${random} ${master}`,
      `CLIENT_RANDOM ${random} ${master.slice(1)}g`,
      `CLIENT_RANDOM  ${random} ${master}`,
    ]
    const { secrets, note } = read([bad.join('\n')])
    expect(secrets).toEqual([])
    expect(note).toBe('6 lines of the key log cannot be read: 1, 2, 3, 4, 5, …')
    expect(read(['#\n\nsecret']).note).toBe('line 3 of the key log cannot be read')
  })

  test('passes over a line longer than any can be, in bounded memory, and reads on after it', () => {
    const endless = Array.from({ length: 300 }, () => 'A'.repeat(MAX_KEY_LOG_LINE_BYTES))
    const { secrets, note } = read([...endless, '\n', log])
    expect(secrets).toHaveLength(4)
    expect(note).toBe('line 1 of the key log cannot be read')
  })

  test('whatever the bytes, reading it throws nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (chunks) => {
        const reader = new KeyLogReader(() => {})
        for (const chunk of chunks) reader.push(Buffer.from(chunk))
        reader.finish()
      }),
    )
  })
})

describe('a store of secrets', () => {
  const secret: KeyLogSecret = { label: 'CLIENT_RANDOM', of: random, secret: Buffer.from(master, 'hex') }

  test('finds them by client random', () => {
    const store = new SecretStore()
    store.add(secret)
    expect(store.find(Buffer.from(random, 'hex'))?.get('CLIENT_RANDOM')).toEqual(secret.secret)
    expect(store.find(Buffer.alloc(32))).toBeUndefined()
    expect(store.late).toBe(false)
  })

  test('knows when a secret comes after it was asked for', () => {
    const store = new SecretStore()
    store.find(Buffer.from(random, 'hex'))
    store.add({ ...secret, of: '00'.repeat(32) })
    expect(store.late).toBe(false)
    store.add(secret)
    expect(store.late).toBe(true)
    store.forgetAsked()
    store.add(secret)
    expect(store.late).toBe(false)
  })
})

function read(chunks: readonly string[]): { secrets: KeyLogSecret[]; note: string | undefined } {
  const secrets: KeyLogSecret[] = []
  const reader = new KeyLogReader((secret) => secrets.push(secret))
  for (const chunk of chunks) reader.push(chunk)
  return { secrets, note: reader.finish() }
}
