import { describe, expect, test } from 'vitest'
import { chainSeen, outcomeOf } from '../../test/support/stack-chains.ts'
import { resolveDevice } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { bearssl } from './bearssl.ts'
import type { ChainSeen, StackFailure } from './stack.ts'

const stock = resolveDevice('bearssl@0.6', openCatalogue())

function outcome(name: string, more: Partial<ChainSeen> = {}): StackFailure | undefined {
  return outcomeOf(bearssl, stock, chainSeen(name, more))
}

function withBuffer(bytes: number): Device {
  return {
    ...stock,
    limits: { ...stock.limits, recordBytes: { ...stock.limits.recordBytes!, value: bytes } },
  }
}

describe('each chain', () => {
  test.each([
    ['two P-256 certificates', undefined],
    ['two RSA certificates', undefined],
    ['P-384 leaf, SHA-384', undefined],
    ['wrong anchor', '62'],
    ['two anchors', undefined],
    ['intermediate missing', '62'],
    ['intermediate held', undefined],
    ['leaf held', undefined],
    ['self-signed leaf held', undefined],
    ['self-signed leaf not held', '62'],
    ['new root held, twin sent', undefined],
    ['old root held, twin sent', undefined],
    ['unrelated certificate between', '55'],
    ['unrelated certificate at the end', undefined],
    ['expired leaf', '54'],
    ['leaf not yet valid', '54'],
    ['expired intermediate', '54'],
    ['expired anchor', undefined],
    ['another name', '56'],
    ['wildcard', undefined],
    ['common name alone', undefined],
    ['common name beside another name', '56'],
    ['intermediate that is no CA', '58'],
    ['intermediate without basicConstraints', '58'],
    ['CA without keyCertSign', '59'],
    ['path length exceeded', '58'],
    ['leaf for clients', undefined],
    ['leaf for encipherment', '28'],
    ['empty keyUsage', '59'],
    ['unknown critical extension', '57'],
    ['unknown extension', undefined],
    ['critical name constraints kept', '57'],
    ['RSA 1024 leaf', undefined],
    ['RSA 4096 leaf', undefined],
    ['P-521 intermediate', undefined],
    ['10 certificates deep', undefined],
  ])('%s: %s', (name, code) => {
    expect(outcome(name)?.code).toBe(code)
  })

  test('what comes first ends it: dates of a certificate before its key, the name before trust', () => {
    const late = new Date('2036-01-01T00:00:00Z')
    expect(outcome('another name', { now: late })).toMatchObject({
      code: '54',
      reasons: [{ kind: 'expired', index: 0 }],
    })
    expect(outcome('wrong anchor', { host: 'other.test' })?.code).toBe('56')
  })

  test('a leaf for encipherment fits a suite that encrypts to it', () => {
    expect(outcome('leaf for encipherment', { keyExchange: 'encrypted' })).toBeUndefined()
    expect(outcome('two P-256 certificates', { keyExchange: 'encrypted' })?.code).toBe('28')
  })

  test('an anchor that is no CA is trusted by its name and key, and signs nothing', () => {
    const sameKey = chainSeen('two P-256 certificates').certificates
    const otherKey = chainSeen('P-384 leaf, SHA-384').certificates
    expect(outcome('self-signed leaf held', { certificates: sameKey })).toBeUndefined()
    expect(outcome('self-signed leaf held', { certificates: otherKey })?.code).toBe('62')
  })

  test('without verification and without a clock less is looked at', () => {
    expect(outcome('wrong anchor', { verifies: false })).toBeUndefined()
    expect(outcome('expired leaf', { now: undefined })).toBeUndefined()
    expect(outcome('another name', { host: undefined })).toBeUndefined()
  })

  test('a certificate that cannot be read leaves the end open', () => {
    const [leaf] = chainSeen('two P-256 certificates').certificates
    expect(outcome('two P-256 certificates', { certificates: [leaf, undefined] })?.uncertain).toBe(true)
  })
})

describe('records', () => {
  test.each([
    [512, 24, 808, undefined],
    [512, 24, 809, '6'],
    [16_384, 24, 16_384, undefined],
  ])('a buffer for %i, %i bytes of encryption, a record of %i: %s', (buffer, overheadBytes, plaintextBytes, code) => {
    const record = { plaintextBytes, overheadBytes, offset: 0 }
    expect(bearssl.readRecord(record, withBuffer(buffer))?.code).toBe(code)
  })

  test('in the clear a message may have any size and any number of records', () => {
    const message = { name: 'Certificate', messageBytes: 40_000, records: 3, largestRecordBytes: 16_384 }
    expect(bearssl.readMessage({ ...message, overheadBytes: 0 }, withBuffer(512))).toBeUndefined()
    expect(bearssl.readMessage({ ...message, overheadBytes: 24 }, withBuffer(512))?.code).toBe('6')
  })
})
