import { describe, expect, test } from 'vitest'
import { findCipherSuite, parseCipherSuite } from '../tls/cipher-suites.ts'
import { contentTypes } from '../tls/content-types.ts'
import { extensionTypes } from '../tls/extension-types.ts'
import { expandKeys, masterSecret } from '../tls/key-schedule.ts'
import { nextTrafficSecret, trafficKeys } from '../tls/key-schedule-13.ts'
import { protectionOf } from '../tls/record-ciphers.ts'
import { createSealer, keySizes, type Sealer } from '../tls/record-protection.ts'
import { createSealer13 } from '../tls/record-protection-13.ts'
import type { ServerHello } from '../tls/server-hello.ts'
import { decryptWith } from './decryption.ts'
import type { SecretLabel } from './key-log.ts'
import type { OpenerFacts, RecordOpener } from './record-opener.ts'
import { SecretStore } from './secret-store.ts'

const { handshake, application_data } = contentTypes
const clientRandom = new Uint8Array(32).fill(1)
const serverRandom = new Uint8Array(32).fill(2)

describe('TLS 1.3', () => {
  const secrets = { early: secretOf(3), handshake: secretOf(4), application: secretOf(5) }
  const suite = findCipherSuite(parseCipherSuite('TLS_AES_128_GCM_SHA256')!)!
  const protection = protectionOf(suite, { encryptThenMac: false, version: 0x0304 })!
  const facts = factsOf('TLS_AES_128_GCM_SHA256', 0x0304)
  const own = {
    CLIENT_HANDSHAKE_TRAFFIC_SECRET: secrets.handshake,
    CLIENT_TRAFFIC_SECRET_0: secrets.application,
  }
  const sealer = (secret: Uint8Array): Sealer => {
    if (protection.kind !== 'aead') throw new Error('TLS 1.3 has AEAD alone')
    return createSealer13(protection, trafficKeys('sha256', secret, protection.keyBytes))
  }
  const send = (opener: RecordOpener | undefined, { seal }: Sealer, type: number, content: string) => {
    const record = Buffer.concat([...seal(type, 0x0303, Buffer.from(content))])
    const opened = opener?.open('c2s', application_data.code, 0x0303, record)
    return opened && [opened.contentType, Buffer.from(opened.content).toString()]
  }

  test('early data is passed over; then come handshake keys, application keys, and those after each KeyUpdate', () => {
    const opener = openerOf(own, facts)
    const early = sealer(secrets.early)
    for (let count = 0; count < 5; count++)
      expect(send(opener, early, application_data.code, 'early')).toBeUndefined()
    const inHandshake = sealer(secrets.handshake)
    expect(send(opener, inHandshake, handshake.code, 'certificate')).toEqual([22, 'certificate'])
    expect(send(opener, inHandshake, handshake.code, 'finished')).toEqual([22, 'finished'])
    let secret = secrets.application
    for (let update = 0; update < 4; update++) {
      const data = sealer(secret)
      expect(send(opener, data, application_data.code, `data ${update}`)).toEqual([23, `data ${update}`])
      expect(send(opener, data, application_data.code, '')).toEqual([23, ''])
      expect(send(opener, data, handshake.code, 'key update')).toEqual([22, 'key update'])
      secret = nextTrafficSecret('sha256', secret)
    }
  })

  test('padding is taken off', () => {
    const data = sealer(secrets.handshake)
    const padded = Buffer.concat([Buffer.from('data'), Buffer.of(23), Buffer.alloc(99)])
    // A sealer puts the content type behind what it is given: a zero there is more padding.
    const record = Buffer.concat([...data.seal(0, 0x0303, padded)])
    const opened = openerOf(own, facts)?.open('c2s', application_data.code, 0x0303, record)
    expect(Buffer.from(opened?.content ?? []).toString()).toBe('data')
    expect(opened?.contentType).toBe(23)
  })

  test('a record that is gone ends what can be read of its direction', () => {
    const opener = openerOf(own, facts)
    const data = sealer(secrets.handshake)
    expect(send(opener, data, handshake.code, 'one')).toEqual([22, 'one'])
    data.seal(handshake.code, 0x0303, Buffer.from('lost'))
    expect(send(opener, data, handshake.code, 'three')).toBeUndefined()
    expect(send(opener, sealer(secrets.application), application_data.code, 'data')).toBeUndefined()
  })

  test('the master secret of another version opens nothing', () => {
    const opener = openerOf({ CLIENT_RANDOM: secretOf(6, 48) }, facts)
    expect(send(opener, sealer(secrets.handshake), handshake.code, 'one')).toBeUndefined()
  })
})

describe('up to TLS 1.2', () => {
  const premaster = secretOf(7, 48)
  const encrypted = new Uint8Array(256).fill(9)
  const suites = [
    'TLS_RSA_WITH_AES_128_CBC_SHA',
    'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
    'TLS_RSA_WITH_AES_256_CCM_8',
  ]

  test.each(
    suites.flatMap((suite) => [0x0301, 0x0302, 0x0303].map((version) => [suite, version] as const)),
  )('a premaster secret by its encrypted form opens %s, version %i', (suite, version) => {
    const facts = { ...factsOf(suite, version), encryptedPremaster: encrypted }
    const opener = openerOf({ RSA: premaster }, facts, '09'.repeat(8))
    expect(talk(opener, suite, version)).toEqual(['first', '', 'second'])
  })

  test('a premaster secret by client random opens it too', () => {
    const facts = factsOf(suites[0]!, 0x0303)
    expect(talk(openerOf({ PMS_CLIENT_RANDOM: premaster }, facts), suites[0]!, 0x0303)).toContain('second')
  })

  test('with extended_master_secret a premaster secret is not enough', () => {
    const facts = factsOf(suites[0]!, 0x0303, [extensionTypes.extended_master_secret.code])
    expect(openerOf({ PMS_CLIENT_RANDOM: premaster }, facts)).toBeUndefined()
  })

  test('a suite whose cipher is not known here is not opened', () => {
    const facts = factsOf('TLS_RSA_WITH_RC4_128_SHA', 0x0303)
    expect(openerOf({ PMS_CLIENT_RANDOM: premaster }, facts)).toBeUndefined()
  })

  test('records of DTLS open in any order, by the number that they carry', () => {
    const suite = 'TLS_RSA_WITH_AES_128_CBC_SHA'
    const facts: OpenerFacts = { ...factsOf(suite, 0xfefd), transport: 'udp' }
    const opener = openerOf({ PMS_CLIENT_RANDOM: premaster }, facts)
    const { protection, keys } = keysFor(suite, 0xfefd)
    const drawIv = () => new Uint8Array(16)
    for (const sequence of [7, 2, 2, 9]) {
      const number = 2 ** 48 + sequence
      const sealer = createSealer(protection, keys.client, drawIv, number)
      const record = Buffer.concat([...sealer.seal(23, 0xfefd, Buffer.from(`number ${sequence}`))])
      const opened = opener?.open('c2s', 23, 0xfefd, record, number)
      expect(Buffer.from(opened?.content ?? []).toString()).toBe(`number ${sequence}`)
      expect(opener?.open('c2s', 23, 0xfefd, record, number + 1)).toBeUndefined()
    }
  })

  /** What is read of three records of the client. */
  function talk(opener: RecordOpener | undefined, suite: string, version: number): string[] {
    const { protection, keys } = keysFor(suite, version)
    const sealer = createSealer(protection, keys.client, (sequence) => new Uint8Array(16).fill(sequence))
    return ['first', '', 'second'].flatMap((text) => {
      const record = Buffer.concat([...sealer.seal(23, version, Buffer.from(text))])
      const opened = opener?.open('c2s', 23, version, record)
      return opened === undefined ? [] : [Buffer.from(opened.content).toString()]
    })
  }

  function keysFor(suiteName: string, version: number) {
    const suite = findCipherSuite(parseCipherSuite(suiteName)!)!
    const protection = protectionOf(suite, { encryptThenMac: false, version })!
    const hashName = version === 0x0303 || version === 0xfefd ? 'sha256' : 'md5-sha1'
    const randoms = { client: clientRandom, server: serverRandom }
    const master = masterSecret(hashName, premaster, randoms)
    return { protection, keys: expandKeys(hashName, master, randoms, keySizes(protection)) }
  }
})

function secretOf(byte: number, length = 32): Uint8Array {
  return new Uint8Array(length).fill(byte)
}

function factsOf(suite: string, version: number, extensions: readonly number[] = []): OpenerFacts {
  const serverHello: ServerHello = {
    version,
    random: serverRandom,
    sessionId: new Uint8Array(0),
    cipherSuite: parseCipherSuite(suite)!,
    compressionMethod: 0,
    extensions: extensions.map((code) => ({ code, data: new Uint8Array(0) })),
  }
  return { transport: 'tcp', clientRandom, serverHello }
}

function openerOf(
  secrets: Partial<Record<SecretLabel, Uint8Array>>,
  facts: OpenerFacts,
  of = '01'.repeat(32),
): RecordOpener | undefined {
  const store = new SecretStore()
  for (const [label, secret] of Object.entries(secrets))
    store.add({ label: label as SecretLabel, of, secret })
  return decryptWith(store)(facts)
}
