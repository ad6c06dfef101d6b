import { describe, expect, test } from 'vitest'
import { device } from '../../test/support/judge-devices.ts'
import { small } from '../../test/support/small-pki.ts'
import { resolveDevice } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import type { Certificate } from '../x509/certificate.ts'
import { mbedtls } from './mbedtls.ts'
import type { ChainSeen, MessageSeen } from './stack.ts'

const catalogue = openCatalogue()
const stock = resolveDevice('mbedtls@2.28', catalogue)
const now = new Date('2026-06-01T00:00:00Z')
const root = small({ name: 'root', ca: true })
const issuing = small({ name: 'issuing', ca: true, issuer: root })
const leaf = small({ name: 'device.test', issuer: issuing, altNames: ['device.test'] })

function withContent(bytes: number, more: Partial<Device> = {}): Device {
  const limit = { ...stock.limits.recordBytes!, value: bytes }
  return { ...stock, limits: { ...stock.limits, recordBytes: limit, handshakeMessageBytes: limit }, ...more }
}

function message(messageBytes: number, records = 1): MessageSeen {
  const largestRecordBytes = Math.ceil(messageBytes / records)
  return { name: 'Certificate', messageBytes, records, largestRecordBytes, overheadBytes: 0 }
}

function seen(more: Partial<ChainSeen> = {}): ChainSeen {
  const certificates = more.certificates ?? [leaf, issuing]
  return {
    certificates,
    derBytes: certificates.map((one) => one?.der.length ?? 0),
    messageBytes: 0,
    anchors: [root],
    verifies: true,
    host: 'device.test',
    now,
    version: 0x0303,
    keyExchange: 'signed',
    ...more,
  }
}

describe('records and messages', () => {
  test.each([
    [4_096, 4_096, undefined],
    [4_096, 4_097, '-0x7200'],
    [4_096, 4_416, '-0x7200'],
    [4_096, 4_417, '-0x7100'],
    [1_500, 1_501, '-0x7200'],
    [1_500, 1_821, '-0x7100'],
  ])('IN_CONTENT_LEN %i, a message of %i bytes: %s', (content, bytes, code) => {
    expect(mbedtls.readMessage(message(bytes), withContent(content))?.code).toBe(code)
  })

  test('2.28 takes no message that is cut, whatever its size; where a profile does not say, that is open', () => {
    expect(mbedtls.readMessage(message(100, 2), stock)).toMatchObject({ code: '-0x7080' })
    const open = mbedtls.readMessage(message(100, 2), { ...stock, handshakeFragments: undefined })
    expect(open).toMatchObject({ code: '-0x7080', uncertain: true })
  })

  test('3.6 joins it, as far as its buffer goes less the header of the last record', () => {
    const joins = withContent(4_096, {
      handshakeFragments: { value: 'joined', source: 's', confidence: 'measured' },
    })
    expect(mbedtls.readMessage(message(4_411, 2), joins)).toBeUndefined()
    expect(mbedtls.readMessage(message(4_412, 2), joins)).toMatchObject({ code: '-0x7100' })
  })

  test('a buffer that shrinks takes no record of 16 kB after the handshake', () => {
    const sends = { ...stock.limits.recordBytes!, value: 4_096 }
    const receiveBuffer = { value: 'shrinks', source: 's', confidence: 'measured' } as const
    const shrinks = { ...stock, build: { ...stock.build, receiveBuffer, sentRecordBytes: sends } }
    const record = { plaintextBytes: 16_384, overheadBytes: 24, offset: 0 }
    expect(mbedtls.readRecord(record, stock)).toBeUndefined()
    expect(mbedtls.readRecord(record, shrinks)).toMatchObject({ code: '-0x7100' })
    expect(mbedtls.readRecord({ ...record, plaintextBytes: 4_096 }, shrinks)).toBeUndefined()
  })
})

describe('verification', () => {
  const verify = (more: Partial<ChainSeen>, of: Device = stock) => mbedtls.verify(seen(more), of)
  const old = (name: string) =>
    small({ name, issuer: issuing, altNames: [name], notAfter: '2026-02-01T00:00:00Z' })

  test('a good chain, and anchors of every kind', () => {
    expect(verify({})).toBeUndefined()
    expect(verify({ anchors: [issuing] })).toBeUndefined()
    expect(verify({ certificates: [leaf], anchors: [issuing] })).toBeUndefined()
    expect(verify({ anchors: [leaf] })).toMatchObject({ code: '-0x2700', flags: '0x08' })
  })

  test('all flags are collected, and one alert stands for them', () => {
    const failure = verify({ certificates: [old('other.test'), issuing], anchors: [leaf] })
    expect(failure).toMatchObject({ code: '-0x2700', flags: '0x0D', alert: 42 })
    expect(failure?.reasons.map(({ kind }) => kind)).toEqual(['name-mismatch', 'expired', 'untrusted'])
  })

  test('an issuer is looked for after what it issued only', () => {
    const lower = small({ name: 'lower', ca: true, issuer: issuing })
    const end = small({ name: 'device.test', issuer: lower, altNames: ['device.test'] })
    expect(verify({ certificates: [end, lower, issuing] })).toBeUndefined()
    expect(verify({ certificates: [end, issuing, lower] })).toMatchObject({ flags: '0x08' })
  })

  test('a leaf whose hash is not built in is passed over, which reads as another name', () => {
    const hashes = { value: ['sha256'], source: 's', confidence: 'measured' } as const
    const poor = { ...stock, build: { ...stock.build, hashes } }
    const strong = { ...leaf, signatureAlgorithm: 'ecdsa-with-SHA384' }
    expect(verify({ certificates: [strong, issuing] }, poor)).toMatchObject({
      code: '-0x2700',
      flags: '0x04',
    })
    expect(verify({ certificates: [strong] }, poor)).toMatchObject({ code: '-0x2700', flags: '0x1C00C' })
  })

  test('without verification only what cannot be parsed fails', () => {
    expect(verify({ verifies: false, anchors: [] })).toBeUndefined()
    expect(verify({ verifies: false, certificates: [undefined] })).toMatchObject({ early: true })
    expect(verify({ anchors: [] })).toMatchObject({ code: '-0x7680' })
  })

  test('an address that is named as such alone is no name in 2.28, one in 3.6, and open where the 3.x is not known', () => {
    const at = (names: string[]) =>
      small({ name: '192.0.2.7', issuer: issuing, altNames: names, notAfter: '2026-02-01T00:00:00Z' })
    const [stock3, unknown3] = ['mbedtls@3.6', 'esp-idf@5.1'].map((id) => resolveDevice(id, catalogue))
    const of = (device: Device | undefined, leaf: Certificate, date: Date | undefined) =>
      verify({ certificates: [leaf, issuing], host: '192.0.2.7', now: date }, device)
    expect(of(stock, at(['192.0.2.7']), undefined)).toMatchObject({ code: '-0x2700', flags: '0x04' })
    expect(of(stock3, at(['192.0.2.7']), undefined)).toBeUndefined()
    const open = { kind: 'name-mismatch', open: true }
    expect(of(unknown3, at(['192.0.2.7']), undefined)).toMatchObject({ reasons: [open], uncertain: true })
    // The date is a reason of its own: that it fails is certain, that the name is one more reason is not.
    const late = of(unknown3, at(['192.0.2.7']), now)
    expect(late).toMatchObject({ reasons: [open, { kind: 'expired' }] })
    expect(late?.uncertain).toBeUndefined()
    expect(of(unknown3, at(['192.0.2.8']), undefined)?.uncertain).toBeUndefined()
  })

  test("a device of which nothing is known has the library's own defaults", () => {
    expect(mbedtls.verify(seen(), device())).toBeUndefined()
  })
})
