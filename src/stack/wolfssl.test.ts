import { describe, expect, test } from 'vitest'
import { Maker } from '../../test/fidelity/chains/maker.ts'
import { chainOfMessageBytes } from '../../test/fidelity/chains/size-chains.ts'
import { chainSeen, outcomeOf, seenOf } from '../../test/support/stack-chains.ts'
import { resolveDevice } from '../device/catalogue.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import type { ChainSeen, StackFailure } from './stack.ts'
import { wolfssl } from './wolfssl.ts'
import { matchesPattern } from './wolfssl-name.ts'

const catalogue = openCatalogue()
const debian = resolveDevice('wolfssl@5.5', catalogue)
const plain = resolveDevice('wolfssl-no-alt@5.5', catalogue)

function outcome(name: string, device = debian, more: Partial<ChainSeen> = {}): StackFailure | undefined {
  return outcomeOf(wolfssl, device, chainSeen(name, more))
}

describe('each chain, with alternative chains and without', () => {
  test.each([
    ['two P-256 certificates', undefined, undefined],
    ['two RSA certificates', undefined, undefined],
    ['root sent as well', undefined, undefined],
    ['wrong anchor', '-188', '-188'],
    ['two anchors', undefined, undefined],
    ['intermediate missing', '-188', '-188'],
    ['intermediate held', undefined, '-188'],
    ['intermediate held, not sent', undefined, undefined],
    ['leaf held', undefined, '-188'],
    ['self-signed leaf held', undefined, undefined],
    ['self-signed leaf not held', '-275', '-188'],
    ['new root held, twin sent', undefined, '-188'],
    ['old root held, twin sent', undefined, undefined],
    ['unrelated certificate between', undefined, '-188'],
    ['unrelated certificate at the end', undefined, '-188'],
    ['expired leaf', '-151', '-151'],
    ['leaf not yet valid', '-150', '-150'],
    ['expired intermediate', '-188', '-188'],
    ['expired anchor', '-151', '-151'],
    ['another name', '-322', '-322'],
    ['wildcard', undefined, undefined],
    ['common name alone', undefined, undefined],
    ['common name beside another name', '-322', '-322'],
    ['intermediate that is no CA', '-188', '-188'],
    ['CA without keyCertSign', '-188', '-188'],
    ['path length exceeded', '-188', '-188'],
    ['leaf for clients', '-386', '-386'],
    ['leaf for encipherment', '-383', '-383'],
    ['unknown critical extension', '-160', '-160'],
    ['unknown extension', undefined, undefined],
    ['critical name constraints kept', undefined, undefined],
    ['RSA 1024 leaf', undefined, undefined],
    ['RSA 4096 leaf', undefined, undefined],
    ['P-521 intermediate', undefined, undefined],
    ['9 certificates deep', undefined, undefined],
    ['10 certificates deep', '-188', '-368'],
  ])('%s: %s, %s', (name, withAlternatives, without) => {
    expect(outcome(name)?.code).toBe(withAlternatives)
    expect(outcome(name, plain)?.code).toBe(without)
  })
})

describe('why', () => {
  test('a distrusted leaf tells the fault of the intermediate as well', () => {
    expect(outcome('expired intermediate')?.reasons).toMatchObject([
      { kind: 'untrusted', index: 0 },
      { kind: 'expired', index: 1 },
    ])
    expect(outcome('path length exceeded', plain)?.reasons).toMatchObject([
      { kind: 'untrusted', index: 0 },
      { kind: 'issuer-refused', index: 1 },
    ])
  })

  test('an expired anchor stops the device before it connects', () => {
    expect(outcome('expired anchor')).toMatchObject({ setup: true, alert: undefined })
    expect(outcome('expired anchor', debian, { now: undefined })).toBeUndefined()
  })

  test('a leaf for encipherment fits a suite that encrypts to it, and any of TLS 1.3', () => {
    expect(outcome('leaf for encipherment', plain, { keyExchange: 'encrypted' })).toBeUndefined()
    expect(outcome('leaf for encipherment', plain, { version: 0x0304 })).toBeUndefined()
    expect(outcome('two P-256 certificates', plain, { keyExchange: 'encrypted' })?.code).toBe('-385')
  })

  test('what a TLS 1.3 message holds beyond nine certificates is read as another message', () => {
    const chain = chainSeen('9 certificates deep')
    const certificates = [...chain.certificates, chain.anchors[0]]
    expect(outcome('9 certificates deep', debian, { certificates })).toMatchObject({ code: '-416' })
    const version = 0x0304
    const one = outcome('9 certificates deep', debian, { certificates, version, records: 1 })
    const several = outcome('9 certificates deep', debian, { certificates, version, records: 2 })
    expect(one?.code).toBe('-404')
    expect(one?.uncertain).toBeUndefined()
    expect(several?.uncertain).toBe(true)
  })

  test('without verification only what cannot be read, and what upstream looks at all the same, fails', () => {
    const verifies = false
    expect(outcome('wrong anchor', debian, { verifies })).toBeUndefined()
    expect(outcome('another name', debian, { verifies })).toBeUndefined()
    expect(outcome('unknown critical extension', debian, { verifies })?.code).toBe('-160')
    expect(outcome('leaf for clients', plain, { verifies })?.code).toBe('-386')
    expect(outcome('leaf for clients', debian, { verifies })).toBeUndefined()
  })

  test('where the profile does not say whether the layer is there, what hangs on it is open', () => {
    const open = { ...plain, build: { ...plain.build, compatibilityLayer: undefined } }
    expect(outcome('leaf held', open)).toMatchObject({ code: '-188', uncertain: true })
    expect(outcome('two P-256 certificates', open)).toBeUndefined()
  })

  test('a certificate that cannot be read leaves the end open', () => {
    expect(outcome('two P-256 certificates', plain, { certificates: [undefined] })).toMatchObject({
      uncertain: true,
    })
  })
})

describe('messages', () => {
  test.each([
    [18_466, undefined],
    [18_467, '-404'],
  ])('a Certificate message of %i bytes: %s', (messageBytes, code) => {
    const message = {
      name: 'Certificate',
      messageBytes,
      records: 3,
      largestRecordBytes: 9_000,
      overheadBytes: 0,
    }
    expect(wolfssl.readMessage(message, plain)?.code).toBe(code)
  })

  test('a heavy leaf below its root is read', () => {
    const now = new Date('2026-06-01T00:00:00Z')
    expect(
      wolfssl.verify(seenOf(chainOfMessageBytes(new Maker(now), 7_000, 'TLSv1.2')), plain),
    ).toBeUndefined()
  })
})

describe('names', () => {
  test.each([
    ['device.test', 'device.test', true],
    ['DEVICE.test', 'device.TEST', true],
    ['*.test', 'device.test', true],
    ['*.test', 'a.device.test', false],
    ['d*.test', 'device.test', true],
    ['d*e.test', 'device.test', false],
    ['*', 'device', true],
    ['*', 'device.test', false],
    ['device.test', 'device.test.', false],
    ['', 'device.test', false],
  ])('%s for %s: %s', (pattern, host, matches) => {
    expect(matchesPattern(pattern, host)).toBe(matches)
  })
})

test('a header over two records ends it, and a record too long by more than 1,126 bytes', () => {
  const message = {
    name: 'Certificate',
    messageBytes: 600,
    records: 2,
    largestRecordBytes: 600,
    overheadBytes: 0,
  }
  const codeOf = (more: object) => wolfssl.readMessage({ ...message, ...more }, plain)?.code
  expect([codeOf({}), codeOf({ headerCut: true })]).toEqual([undefined, '-306'])
  expect(codeOf({ largestRecordBytes: 2_150, agreedFragmentBytes: 1_024 })).toBeUndefined()
  expect(codeOf({ largestRecordBytes: 2_151, agreedFragmentBytes: 1_024 })).toBe('-341')
})
