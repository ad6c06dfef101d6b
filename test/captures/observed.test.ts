import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqttPacket from 'mqtt-packet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { capsuleOfObservations } from '../../src/capsule/make-capsule.ts'
import { judgedOf } from '../../src/io/capsule.ts'
import type { TlsSession } from '../../src/capture/session.ts'
import { listDevices } from '../../src/device/catalogue.ts'
import { openSource } from '../../src/io/byte-source.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { check } from '../../src/io/check.ts'
import { checkRequest } from '../../src/io/check-defaults.ts'
import { readSessions } from '../../src/io/read-sessions.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import type { Verdict } from '../../src/judge/verdict.ts'
import { observeChain, observeSession } from '../../src/observe/from-capture.ts'
import { profilesOfSessions } from '../../src/observe/hello-profile.ts'
import type { Observation } from '../../src/observe/observation.ts'
import { observationToJson } from '../../src/observe/observation-json.ts'
import { formatText } from '../../src/report/text.ts'
import { writePcap } from '../support/capture-writer.ts'
import { type Identity, identity } from '../support/dial.ts'
import { tcpPackets } from '../support/ip-writer.ts'
import { recordTls, type TlsRecording, type TlsWish } from '../support/record-tls.ts'

const catalogue = openCatalogue()
const knownRoots = openKnownRoots()
let folder: string
let own: Identity

beforeAll(async () => {
  own = await identity()
  folder = mkdtempSync(join(tmpdir(), 'tlsfit-observed-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a capture of another client', () => {
  test('the chain of the first case is 5,753 bytes, more than the modem takes', async () => {
    const [verdict, ...others] = await judged('azure-g2-chain-edge.pcap', 'nrf9160@1.3.7')
    expect(others).toEqual([])
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'chain' })
    const finding = verdict?.findings.find(({ id }) => id === 'chain-too-large')
    expect(finding?.details).toMatchObject({ sentBytes: 5753, certificates: 3 })
  })

  test('is judged by its chain as the same certificates in a file are', async () => {
    const pem = join(import.meta.dirname, '../fixtures/chains/chain-edge-microsoft-com-g2.pem')
    const devices = ['nrf9160@1.3.7', 'nrf9160@1.2.0', 'esp-idf@5.2']
    for (const device of devices) {
      const [captured] = await judged('azure-g2-chain-edge.pcap', device)
      const [filed] = await judged(pem, device, { sni: captured?.observation.target.host })
      expect({ device, ...summary(captured) }).toEqual({ device, ...summary(filed) })
    }
  })

  test('says nothing of what the device itself would offer, be answered or close', async () => {
    for (const file of captures()) {
      const verdicts = await judged(file, 'nrf9160@1.3.7').catch(({ code }: { code: string }) => {
        expect(code).toBe('no-chain-seen')
        return []
      })
      for (const { stages } of verdicts) {
        const seen = stages.filter(({ state }) => state !== 'not-seen').map(({ stage }) => stage)
        expect(seen.filter((stage) => !['chain', 'path', 'name', 'dates'].includes(stage))).toEqual([])
      }
    }
  }, 60_000)
})

describe('a capture of the device itself', () => {
  test('a hello that the server refuses blocks the device', async () => {
    const device = await profileOf('alert-handshake-failure.pcap')
    const [verdict] = await judged('alert-handshake-failure.pcap', device)
    expect(verdict?.observation.connections[0]?.hello).toBeDefined()
    expect(verdict?.findings.map(({ id }) => id)).toContain('hello-refused')
    expect(['blocked', 'undecided']).toContain(verdict?.state)
    expect(verdict?.stages.find(({ stage }) => stage === 'hello')?.state).not.toBe('not-seen')
  })

  test('whose handshake is not seen to end never fits', async () => {
    const device = await profileOf('alert-unknown-ca.pcap')
    const [verdict] = await judged('alert-unknown-ca.pcap', device)
    expect(verdict?.observation.connections[0]?.establishedAtMs).toBeUndefined()
    expect(['blocked', 'undecided']).toContain(verdict?.state)
  })

  test('whose certificates TLS 1.3 hides never fits', async () => {
    const device = await profileOf('tls13-loopback.pcap')
    const [verdict] = await judged('tls13-loopback.pcap', device)
    expect(verdict?.observation.connections[0]?.establishedAtMs).toBeDefined()
    expect(verdict?.state).toBe('undecided')
    expect(verdict?.missing.map(({ why }) => why).join()).toContain('certificates')
  })

  test('every device of the catalogue has a verdict on every capture, or there is nothing to judge', async () => {
    const devices = listDevices(catalogue).map(({ id }) => id)
    for (const file of captures().filter((name) => !name.startsWith('microsoft-it'))) {
      const verdicts = await check(request(pathOf(file), devices)).catch(({ code }: { code: string }) => {
        expect(code).toBe('no-chain-seen')
        return []
      })
      for (const verdict of verdicts) expect(verdict.observation.source).toBe('capture')
    }
  }, 120_000)
})

describe('what keys add', () => {
  const secret = 'sv=2023-01-01&sig=c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0&se=2030-01-01T00%3A00%3A00Z'
  const question = `GET /fw/app.bin?${secret} HTTP/1.1\r\nHost: device.example\r\nAuthorization: Bearer abcdefgh12345678\r\nRange: bytes=0-511\r\n\r\n`
  const head = 'HTTP/1.1 206 Partial Content\r\nContent-Length: 20000\r\nContent-Range: bytes 0-511/99\r\n\r\n'
  const answer = `${head}${'x'.repeat(20_000)}`
  const versions = ['TLSv1.2', 'TLSv1.3'] as const

  test.each(versions)('%s: request and response of HTTP, secrets blanked', async (maxVersion) => {
    const { observation } = await observed({ question, answer, client: { maxVersion } })
    expect(observation.target).toMatchObject({ protocol: 'https', host: 'device.example' })
    expect(observation.target.path).toBe('/fw/app.bin?sv=2023-01-01&sig=[blanked]&se=2030-01-01T00%3A00%3A00Z')
    const [exchange] = observation.connections[0]!.exchanges
    expect(exchange?.request).toMatchObject({
      method: 'GET',
      headBytes: question.length,
      range: { first: 0, last: 511 },
      authorizationScheme: 'Bearer',
    })
    expect(exchange?.response).toMatchObject({
      status: 206,
      headBytes: head.length,
      contentLength: 20_000,
      bodyBytes: 20_000,
      bodyComplete: true,
      bodyOffset: head.length,
    })
    const shown = JSON.stringify(observationToJson(observation))
    expect(shown).not.toContain('c2VjcmV0')
    expect(shown).not.toContain('abcdefgh')
  })

  test.each(versions)('%s: the records of the answer, byte for byte', async (maxVersion) => {
    const { observation } = await observed({ question, answer, client: { maxVersion } })
    const { records, close } = observation.connections[0]!
    const total = records.reduce((sum, { plaintextBytes, count }) => sum + plaintextBytes * count, 0)
    expect(total).toBe(answer.length)
    expect(records[0]).toEqual({ plaintextBytes: 16_384, count: 1, offset: 0 })
    expect(close?.applicationBytesReceived).toBe(answer.length)
  })

  test('a capsule of it names neither file nor path, and is judged as a chain', async () => {
    const { observation } = await observed({ question, answer, client: {} })
    const options = { key: new Uint8Array(32), device: undefined, knownRoots, serviceHosts: [] }
    const capsule = capsuleOfObservations([observation], options)
    const shown = JSON.stringify(capsule)
    for (const word of ['seen.pcap', 'app.bin', 'device.example']) expect(shown).not.toContain(word)
    const [judgeable] = judgedOf(capsule.observations, 'mine.json')
    expect(judgeable?.target).toMatchObject({ text: 'mine.json', protocol: 'file', pathBytes: undefined })
    expect(judgeable?.connections[0]).toMatchObject({ hello: undefined, exchanges: [] })
  })

  test('the same record sizes without keys where the cipher tells them, else none', async () => {
    const wishes = {
      'ECDHE+AESGCM': true,
      'ECDHE+CHACHA20': true,
      'ECDHE-ECDSA-AES128-CCM8': true,
      'ECDHE+AES128+SHA1': false,
    }
    for (const [ciphers, told] of Object.entries(wishes)) {
      const client = { maxVersion: 'TLSv1.2', ciphers } as const
      const ours = { question, answer, client, ciphers: 'ALL' }
      const recording = await recordTls({ own, ...ours })
      const opened = (await observe(recording, true)).connections[0]!.records
      const closed = (await observe(recording, false)).connections[0]!.records
      expect({ ciphers, closed }).toEqual({ ciphers, closed: told ? opened : [] })
    }
    const late = await recordTls({ own, question, answer, client: {} })
    expect((await observe(late, false)).connections[0]!.records).toEqual([])
  })

  test('CONNECT and CONNACK of MQTT, without user name and password', async () => {
    const connect = {
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      clientId: 'device-7',
      keepalive: 60,
      username: 'me',
      password: Buffer.from('secret-password'),
    } as const
    const question = mqttPacket.generate(connect)
    const { observation } = await observed({ question, answer: Buffer.of(0x20, 2, 0, 5), client: {} })
    expect(observation.target.protocol).toBe('mqtts')
    expect(observation.connections[0]?.mqtt).toEqual({
      connectBytes: question.length,
      protocolLevel: 4,
      clientId: 'device-7',
      connack: { returnCode: 5, sessionPresent: false },
      error: undefined,
    })
    expect(JSON.stringify(observationToJson(observation))).not.toContain('secret-password')
  })

  test.each([
    ['TLSv1.2', false],
    ['TLSv1.2', true],
    ['TLSv1.3', true],
  ] as const)('%s (keys: %s): a server that closes on the request is not one that suits the device', async (maxVersion, withKeys) => {
    const why = 'the capture shows data of the device and no answer to it'
    const reasons: boolean[] = []
    for (const answer of ['', 'HTTP/1.1 204 Done\r\n\r\n']) {
      const recording = await recordTls({ own, question, answer, client: { maxVersion, ciphers: 'AES128-GCM-SHA256:TLS_AES_128_GCM_SHA256:ECDHE+AESGCM' } })
      const path = capture(recording)
      const keyLogFile = join(folder, 'keys')
      writeFileSync(keyLogFile, recording.keys)
      const keys = withKeys ? { keyLogFile } : {}
      const source = await openSource(path, noStdin, 'a capture')
      const device = writeProfile((await readSessions(source, keys)).sessions, 'own')
      const [verdict] = await check({ ...request(path, [device]), ...keys, verify: 'none' })
      expect(verdict?.observation.connections[0]?.hello).toBeDefined()
      reasons.push(verdict!.missing.some((one) => one.why === why))
      if (answer === '') expect(verdict?.state).not.toBe('fits')
    }
    expect(reasons).toEqual([true, false])
  })

  test('of TLS 1.3 the chain, judged as one that was dialled', async () => {
    const recording = await recordTls({ own, question, answer, client: {} })
    const path = capture(recording)
    writeFileSync(join(folder, 'keys'), recording.keys)
    await expect(check(request(path, ['esp-idf@5.2']))).rejects.toMatchObject({ code: 'no-chain-seen' })
    const [verdict] = await check({ ...request(path, ['esp-idf@5.2']), keyLogFile: join(folder, 'keys') })
    expect(verdict?.stages.find(({ stage }) => stage === 'chain')?.state).not.toBe('not-seen')
    expect(formatText([verdict!], { columns: 100, color: false })).toContain('device.example')
  })

  async function observed(wish: Omit<TlsWish, 'own'>): Promise<{ observation: Observation }> {
    return { observation: await observe(await recordTls({ own, ...wish }), true) }
  }

  async function observe(recording: TlsRecording, withKeys: boolean): Promise<Observation> {
    const keyLogFile = join(folder, 'keys')
    writeFileSync(keyLogFile, recording.keys)
    const source = await openSource(capture(recording), noStdin, 'a capture')
    const { sessions, notes } = await readSessions(source, withKeys ? { keyLogFile } : {})
    expect(notes).toEqual([])
    expect(sessions).toHaveLength(1)
    return observeSession(sessions[0]!, 'seen.pcap')
  }

  function capture({ turns }: TlsRecording): string {
    const frames = tcpPackets(turns).map(({ timeMs, bytes }) => ({ timeMs, bytes }))
    const path = join(folder, 'seen.pcap')
    writeFileSync(path, writePcap(frames, { linkType: 101 }))
    return path
  }
})

describe('an observation of a capture', () => {
  test('has the records in which the Certificate came', async () => {
    const [azure] = await sessionsOf('azure-g2-chain-edge.pcap')
    expect(observeChain(azure!, 'azure.pcap')?.connections[0]?.chain).toMatchObject({ messageBytes: 5769 })
    const [cut] = await sessionsOf('fragmented-handshake.pcap.gz')
    const chain = observeSession(cut!, 'cut.pcap').connections[0]?.chain
    expect(chain?.records).toBe(21)
    expect(chain?.largestRecordBytes).toBe(16_384)
  })
})

function captures(): string[] {
  return readdirSync(import.meta.dirname).filter((name) => /\.pcap(ng)?(\.gz)?$/.test(name))
}

function pathOf(file: string): string {
  return join(import.meta.dirname, file)
}

async function* noStdin(): AsyncGenerator<Uint8Array> {}

async function sessionsOf(file: string) {
  const source = await openSource(pathOf(file), noStdin, 'a capture')
  return (await readSessions(source)).sessions
}

/** A profile whose hello is that of the capture, as `devices from-capture` makes it. */
async function profileOf(file: string): Promise<string> {
  return writeProfile(await sessionsOf(file), file)
}

function writeProfile(sessions: readonly TlsSession[], file: string): string {
  const [first] = profilesOfSessions(sessions, file)
  const path = join(folder, `${file}.yaml`)
  writeFileSync(path, JSON.stringify(first!.profile))
  return path
}

function judged(file: string, device: string, given: { sni?: string | undefined } = {}): Promise<Verdict[]> {
  return check({ ...request(file.includes('/') ? file : pathOf(file), [device]), ...given })
}

function summary(verdict: Verdict | undefined) {
  const findings = verdict?.findings.map(({ id, effect, details }) => ({ id, effect, details }))
  return { state: verdict?.state, stage: verdict?.stage, findings, margins: verdict?.margins }
}

function request(target: string, devices: readonly string[]): Parameters<typeof check>[0] {
  return checkRequest({
    target,
    devices,
    now: new Date('2026-03-01T00:00:00Z'),
    timeoutMs: 5_000,
    catalogue,
    knownRoots,
  })
}
