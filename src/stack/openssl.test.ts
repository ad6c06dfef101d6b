import { describe, expect, test } from 'vitest'
import { chainSeen, outcomeOf } from '../../test/support/stack-chains.ts'
import { resolveDevice } from '../device/catalogue.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { openssl } from './openssl.ts'
import type { ChainSeen, StackFailure } from './stack.ts'

const debian = resolveDevice('openssl@3.0', openCatalogue())

function outcome(name: string, more: Partial<ChainSeen> = {}): StackFailure | undefined {
  return outcomeOf(openssl, debian, chainSeen(name, more))
}

describe('each chain, by its verify result', () => {
  test.each([
    ['two P-256 certificates', undefined],
    ['two RSA certificates', undefined],
    ['P-384 leaf, SHA-384', undefined],
    ['root sent as well', undefined],
    ['wrong anchor', 20],
    ['two anchors', undefined],
    ['intermediate missing', 20],
    ['intermediate held', 2],
    ['intermediate held, not sent', 2],
    ['leaf held', 20],
    ['self-signed leaf held', undefined],
    ['self-signed leaf not held', 18],
    ['new root held, twin sent', undefined],
    ['old root held, twin sent', undefined],
    ['old root held, twin not sent', 20],
    ['unrelated certificate between', undefined],
    ['unrelated certificate at the end', undefined],
    ['expired leaf', 10],
    ['leaf not yet valid', 9],
    ['expired intermediate', 10],
    ['expired anchor', 10],
    ['another name', 62],
    ['wildcard', 62],
    ['common name alone', undefined],
    ['common name beside another name', 62],
    ['many names, ours last', undefined],
    ['intermediate that is no CA', 79],
    ['intermediate without basicConstraints', 79],
    ['CA without keyCertSign', 79],
    ['path length exceeded', 25],
    ['leaf for clients', 26],
    ['leaf for servers and clients', undefined],
    ['leaf for any purpose', '26'],
    ['unknown critical extension', 34],
    ['unknown extension', undefined],
    ['critical name constraints kept', undefined],
    ['RSA 1024 leaf', 66],
    ['RSA 4096 leaf', undefined],
    ['P-521 intermediate', undefined],
    ['5 certificates deep', undefined],
    ['9 certificates deep', undefined],
    ['10 certificates deep', undefined],
  ])('%s: %s', (name, result) => {
    const failure = outcome(name)
    expect(failure?.flags).toBe(result === undefined ? undefined : String(result))
    expect(failure?.code).toBe(result === undefined ? undefined : 'certificate verify failed')
  })

  test('an address is another mismatch than a name', () => {
    expect(outcome('two P-256 certificates', { host: '127.0.0.1' })?.flags).toBe('64')
  })

  test('in its last second a certificate is over', () => {
    const chain = chainSeen('two P-256 certificates')
    const last = chain.certificates[0]!.notAfter
    expect(outcome('two P-256 certificates', { now: last })?.flags).toBe('10')
    expect(outcome('two P-256 certificates', { now: new Date(last.getTime() - 1_000) })).toBeUndefined()
  })

  test('a certificate with an extension twice has no issuer and is none', () => {
    const [leaf, issuing] = chainSeen('two P-256 certificates').certificates
    const twice = { ...leaf!, extensions: [...leaf!.extensions, ...leaf!.extensions] }
    expect(outcome('two P-256 certificates', { certificates: [twice, issuing] })?.flags).toBe('20')
  })

  test('without verification nothing of a readable chain fails', () => {
    expect(outcome('wrong anchor', { verifies: false })).toBeUndefined()
  })
})

describe('messages', () => {
  test.each([
    [102_404, undefined],
    [102_405, 'excessive message size'],
  ])('a Certificate message of %i bytes: %s', (messageBytes, code) => {
    const message = {
      name: 'Certificate',
      messageBytes,
      records: 9,
      largestRecordBytes: 16_384,
      overheadBytes: 0,
    }
    expect(openssl.readMessage(message, debian)?.code).toBe(code)
    expect(openssl.readMessage({ ...message, name: 'ServerKeyExchange' }, debian)).toBeUndefined()
  })
})

test('a record longer than the fragment length that was agreed ends it', () => {
  const message = {
    name: 'Certificate',
    messageBytes: 600,
    records: 1,
    largestRecordBytes: 600,
    overheadBytes: 0,
  }
  const codeOf = (agreedFragmentBytes?: number) =>
    openssl.readMessage({ ...message, agreedFragmentBytes }, debian)?.code
  expect([codeOf(), codeOf(1_024), codeOf(512)]).toEqual([undefined, undefined, 'data length too long'])
})

test('a leaf on a curve that was not offered cannot sign the key exchange of TLS 1.2', () => {
  const chain = chainSeen('secp224r1 leaf')
  expect(openssl.verify(chain, debian)?.code).toBe('wrong curve')
  expect(openssl.verify({ ...chain, verifies: false }, debian)?.code).toBe('wrong curve')
  expect(openssl.verify({ ...chain, keyExchange: undefined }, debian)).toBeUndefined()
})
