import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TlsSession } from '../../src/capture/session.ts'
import { readSessions, type SessionsRead } from '../../src/io/read-sessions.ts'
import { sessionJson } from '../../src/report/sessions-json.ts'
import { parseCertificates } from '../../src/x509/pem.ts'
import { block, writePcap, writePcapng } from '../support/capture-writer.ts'
import { type Identity, identity } from '../support/dial.ts'
import { tcpPackets } from '../support/ip-writer.ts'
import { peer } from '../support/peer.ts'
import { recordTls, type TlsRecording, type TlsWish } from '../support/record-tls.ts'

const question = `GET /${'q'.repeat(300)} HTTP/1.1\r\n\r\n`
const answer = `HTTP/1.1 200 OK\r\n\r\n${'answer '.repeat(900)}`
const tshark = peer('tshark')
/** SSL_OP_NO_ENCRYPT_THEN_MAC of OpenSSL. */
const NO_ENCRYPT_THEN_MAC = 1 << 19
const old = 'DEFAULT@SECLEVEL=0'

const wishes: Readonly<Record<string, Omit<TlsWish, 'own' | 'question' | 'answer'>>> = {
  'TLS 1.3 AES-128-GCM': { client: { ciphers: 'TLS_AES_128_GCM_SHA256' } },
  'TLS 1.3 AES-256-GCM': { client: { ciphers: 'TLS_AES_256_GCM_SHA384' } },
  'TLS 1.3 ChaCha20': { client: { ciphers: 'TLS_CHACHA20_POLY1305_SHA256' } },
  'TLS 1.3 CCM': { client: { ciphers: 'TLS_AES_128_CCM_SHA256' }, server: { ciphers: 'TLS_AES_128_CCM_SHA256' } },
  'TLS 1.3 after HelloRetryRequest': { client: { ecdhCurve: 'P-256:P-384' }, server: { ecdhCurve: 'P-384' } },
  'TLS 1.3, client certificate': { client: {}, server: { requestCert: true, rejectUnauthorized: false } },
  'TLS 1.3 resumed': { client: {}, resume: true },
  'TLS 1.2 AES-128-GCM': { client: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE+AES128+AESGCM' } },
  'TLS 1.2 AES-256-GCM': { client: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE+AES256+AESGCM' } },
  'TLS 1.2 ChaCha20': { client: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE+CHACHA20' } },
  'TLS 1.2 CCM-8': {
    client: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-CCM8:AES128-CCM8' },
    server: { ciphers: 'ECDHE-ECDSA-AES128-CCM8:AES128-CCM8' },
  },
  'TLS 1.2 CBC, encrypt_then_mac': { client: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE+AES128+SHA1:ECDHE+SHA256' } },
  'TLS 1.2 CBC': {
    client: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE+AES128+SHA1', secureOptions: NO_ENCRYPT_THEN_MAC },
  },
  'TLS 1.2 resumed': { client: { maxVersion: 'TLSv1.2' }, resume: true },
  'TLS 1.1': { client: { maxVersion: 'TLSv1.1', ciphers: old } },
  'TLS 1.0': { client: { maxVersion: 'TLSv1', ciphers: old, secureOptions: NO_ENCRYPT_THEN_MAC } },
}
const names = Object.keys(wishes)

let own: Identity
let folder: string
const recordings = new Map<string, TlsRecording>()

beforeAll(async () => {
  own = await identity()
  folder = mkdtempSync(join(tmpdir(), 'tlsfit-decrypted-'))
  for (const [name, wish] of Object.entries(wishes)) {
    recordings.set(name, await recordTls({ own, question, answer, ciphers: old, ...wish }))
  }
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(names)('%s', (name) => {
  const late = name.startsWith('TLS 1.3')

  test('what was sent is read with a key log', async () => {
    const session = await only(await read(pcap(name), keysOf(name)))
    expect(session.decrypted).toBe(true)
    expect(text(session.applicationData.c2s)).toBe(question)
    expect(text(session.applicationData.s2c)).toBe(answer)
    expect(session.notes).toEqual([])
    expect(session.messages.filter(({ name }) => name === 'Finished')).toHaveLength(2)
  })

  test('without secrets the same facts, and nothing of what was sent', async () => {
    const closed = await only(await read(pcap(name)))
    const opened = await only(await read(pcap(name), keysOf(name)))
    expect(closed.decrypted).toBe(false)
    expect(closed.applicationData).toEqual({ c2s: undefined, s2c: undefined })
    expect(clearFacts(closed, late)).toEqual(clearFacts(opened, late))
  })

  test.runIf(tshark !== undefined)('tshark opens the same', async () => {
    const session = await only(await read(pcap(name), keysOf(name)))
    const kinds = tsharkFields(pcap(name), keysOf(name), 'tls.handshake.type')
    const seen = session.messages.flatMap(({ name }) => messageCodes[name] ?? [])
    expect(seen.sort()).toEqual(kinds.flatMap((row) => row.split(',')).filter((kind) => kind !== '').map(Number).sort())
  })
})

describe('of TLS 1.3 the keys show', () => {
  test('the chain, and that a client certificate is asked for', async () => {
    const session = await only(await read(pcap('TLS 1.3, client certificate'), keysOf('TLS 1.3, client certificate')))
    expect(session.serverCertificates).toEqual(parseCertificates(Buffer.from(own.cert), 'own').map(({ der }) => der))
    expect(session.clientCertificateRequested).toBe(true)
    expect(session.clientCertificates).toEqual([])
    const names = session.messages.map(({ direction, name }) => `${direction} ${name}`)
    expect(names.filter((name) => !name.includes('NewSessionTicket') && !name.includes('ChangeCipherSpec'))).toEqual([
      'c2s ClientHello',
      's2c ServerHello',
      's2c EncryptedExtensions',
      's2c CertificateRequest',
      's2c Certificate',
      's2c CertificateVerify',
      's2c Finished',
      'c2s Certificate',
      'c2s Finished',
      's2c Alert',
      'c2s Alert',
    ])
  })

  test('that a resumed session has no chain', async () => {
    const session = await only(await read(pcap('TLS 1.3 resumed'), keysOf('TLS 1.3 resumed')))
    expect(session.resumed).toBe(true)
    expect(session.serverCertificates).toEqual([])
    expect(session.clientCertificateRequested).toBe(false)
  })

  test('alerts, marked as encrypted', async () => {
    const session = await only(await read(pcap('TLS 1.3 AES-128-GCM'), keysOf('TLS 1.3 AES-128-GCM')))
    expect(session.alerts.map(({ description, encrypted }) => [description, encrypted])).toContainEqual([0, true])
    expect(sessionJson(session)).toMatchObject({ alerts: [], decrypted: true })
  })
})

describe('where the secrets are', () => {
  const name = 'TLS 1.3 AES-128-GCM'
  const frames = () => tcpPackets(recordings.get(name)!.turns).map(({ timeMs, bytes }) => ({ timeMs, bytes }))
  const interfaces = [{ linkType: 101 }]
  const before = () => writePcapng(frames(), { interfaces, secrets: recordings.get(name)!.keys })
  const after = () => {
    const body = Buffer.from(recordings.get(name)!.keys)
    const head = Buffer.alloc(8)
    head.writeUInt32LE(0x544c534b, 0)
    head.writeUInt32LE(body.length, 4)
    return Buffer.concat([writePcapng(frames(), { interfaces }), block(10, Buffer.concat([head, body]))])
  }

  test('a secrets block before the packets opens them in one reading', async () => {
    let bytes = 0
    const capture = before()
    const session = await only(await read(capture, undefined, { onProgress: (count) => (bytes = Math.max(bytes, count)) }))
    expect(text(session.applicationData.s2c)).toBe(answer)
    expect(bytes).toBe(capture.length)
  })

  test('a secrets block after the packets has the file read again', async () => {
    const session = await only(await read(after()))
    expect(text(session.applicationData.s2c)).toBe(answer)
  })

  test('of standard input the note says that it takes a file', async () => {
    const { sessions, notes } = await read(after(), undefined, { piped: true })
    expect(sessions[0]?.decrypted).toBe(false)
    expect(notes).toEqual(['secrets come after the packets that they open: give the capture as a file, which is read twice'])
  })

  test('a part of the secrets opens its part of the session', async () => {
    const keys = recordings.get(name)!.keys.replace(/^.*HANDSHAKE_TRAFFIC.*\n/gm, '')
    const session = await only(await read(pcap(name), keys))
    expect(text(session.applicationData.s2c)).toBe(answer)
    expect(session.messages.map(({ name }) => name)).not.toContain('Finished')
    expect(session.serverCertificates).toBeUndefined()
  })

  test('secrets of the wrong value open nothing, and the note does not show them', async () => {
    const keys = recordings.get(name)!.keys.replace(/[0-9a-f]{8}$/gm, '00000000')
    const { sessions, notes } = await read(pcap(name), keys)
    expect(sessions[0]?.decrypted).toBe(false)
    expect(sessions[0]?.notes).toEqual(['the secrets given open none of its records'])
    const shown = JSON.stringify([sessionJson(sessions[0]!), notes])
    for (const secret of keys.match(/[0-9a-f]{64,}$/gm) ?? []) expect(shown).not.toContain(secret)
  })

  test('a file that is no key log is told by a note', async () => {
    const { notes } = await read(pcap(name), 'not a key log, but SECRET\nat all\n')
    expect(notes).toEqual(['2 lines of the key log cannot be read: 1, 2', 'the key log holds no TLS secret'])
  })
})

describe('a segment that is missing', () => {
  test('ends what can be read of that direction, and says so', async () => {
    const name = 'TLS 1.2 AES-128-GCM'
    const packets = tcpPackets(recordings.get(name)!.turns, { segmentBytes: 1000 })
    const large = packets.findLastIndex(({ from, bytes }) => from === 'server' && bytes.length > 1000)
    const frames = packets.filter((_, at) => at !== large).map(({ timeMs, bytes }) => ({ timeMs, bytes }))
    const session = await only(await read(writePcap(frames, { linkType: 101 }), keysOf(name)))
    expect(text(session.applicationData.c2s)).toBe(question)
    expect(session.holeInStreamFrom).toEqual(['server'])
  })
})

describe('the collection', () => {
  test('the secrets block of pcapng-dsb.pcapng opens both sessions', async () => {
    const { sessions } = await read(readFileSync(join(import.meta.dirname, 'pcapng-dsb.pcapng')))
    expect(sessions.map(({ decrypted }) => decrypted)).toEqual([true, true])
    for (const session of sessions) {
      expect(text(session.applicationData.c2s)).toMatch(/^HEAD \/ HTTP\/1.1\r\nHost: example\.(com|net)\r\n/)
      expect(text(session.applicationData.s2c)).toMatch(/^HTTP\/1.1 [0-9]{3} /)
    }
  })
})

const messageCodes: Readonly<Record<string, number>> = {
  ClientHello: 1,
  ServerHello: 2,
  HelloRetryRequest: 2,
  NewSessionTicket: 4,
  EncryptedExtensions: 8,
  Certificate: 11,
  ServerKeyExchange: 12,
  CertificateRequest: 13,
  ServerHelloDone: 14,
  CertificateVerify: 15,
  ClientKeyExchange: 16,
  Finished: 20,
}

function pcap(name: string): Buffer {
  const frames = tcpPackets(recordings.get(name)!.turns).map(({ timeMs, bytes }) => ({ timeMs, bytes }))
  return writePcap(frames, { linkType: 101 })
}

function keysOf(name: string): string {
  return recordings.get(name)!.keys
}

interface Reading {
  readonly piped?: boolean
  readonly onProgress?: (bytes: number) => void
}

function read(capture: Buffer, keys?: string, { piped = false, onProgress }: Reading = {}): Promise<SessionsRead> {
  const path = join(folder, 'read.pcap')
  writeFileSync(path, capture)
  const keyLogFile = join(folder, 'keys.log')
  if (keys !== undefined) writeFileSync(keyLogFile, keys)
  const source = {
    name: 'read.pcap',
    path: piped ? undefined : path,
    totalBytes: capture.length,
    chunks: (async function* () {
      yield capture
    })(),
  }
  return readSessions(source, { keyLogFile: keys === undefined ? undefined : keyLogFile, onProgress })
}

async function only({ sessions, notes }: SessionsRead): Promise<TlsSession> {
  expect(notes).toEqual([])
  expect(sessions).toHaveLength(1)
  return sessions[0]!
}

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('latin1')
}

/** What keys do not add to; those of TLS 1.3 show the chain too. */
function clearFacts(session: TlsSession, late: boolean) {
  const { decrypted, decryptedAlerts, ...facts } = sessionJson(session) as Record<string, unknown>
  if (!late) return facts
  const hidden = ['serverCertsDer', 'serverCertsDerTotal', 'serverCertificateMessageBytes', 'clientCertificateRequested']
  for (const name of [...hidden, 'clientCertsDer']) delete facts[name]
  return facts
}

function tsharkFields(capture: Buffer, keys: string, field: string): string[] {
  const file = join(folder, 'tshark.pcap')
  const keyLog = join(folder, 'tshark.keys')
  writeFileSync(file, capture)
  writeFileSync(keyLog, keys)
  const port = ['-d', 'tcp.port==443,tls', '-o', `tls.keylog_file:${keyLog}`]
  const args = ['-r', file, ...port, '-Y', 'tls', '-T', 'fields', '-e', field]
  return execFileSync(tshark!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')
}
