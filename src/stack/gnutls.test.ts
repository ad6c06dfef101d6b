import { describe, expect, test } from 'vitest'
import { chainSeen, outcomeOf } from '../../test/support/stack-chains.ts'
import { resolveDevice } from '../device/catalogue.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { gnutls } from './gnutls.ts'
import type { ChainSeen, StackFailure } from './stack.ts'

const debian = resolveDevice('gnutls@3.7', openCatalogue())

function outcome(name: string, more: Partial<ChainSeen> = {}): StackFailure | undefined {
  return outcomeOf(gnutls, debian, chainSeen(name, more))
}

describe('each chain, by its verification status', () => {
  test.each([
    ['two P-256 certificates', undefined],
    ['two RSA certificates', undefined],
    ['P-384 leaf, SHA-384', undefined],
    ['root sent as well', undefined],
    ['wrong anchor', '0x42'],
    ['two anchors', undefined],
    ['intermediate missing', '0x42'],
    ['intermediate held', undefined],
    ['intermediate held, not sent', undefined],
    ['leaf held', '0x42'],
    ['self-signed leaf held', undefined],
    ['self-signed leaf not held', '0x42'],
    ['new root held, twin sent', undefined],
    ['old root held, twin sent', undefined],
    ['old root held, twin not sent', '0x42'],
    ['unrelated certificate between', undefined],
    ['unrelated certificate at the end', undefined],
    ['expired leaf', '0x402'],
    ['leaf not yet valid', '0x202'],
    ['expired intermediate', '0x402'],
    ['expired anchor', '0x402'],
    ['another name', '0x4002'],
    ['wildcard', '0x4002'],
    ['common name alone', undefined],
    ['common name beside another name', '0x4002'],
    ['many names, ours last', undefined],
    ['intermediate that is no CA', '0x82'],
    ['intermediate without basicConstraints', '0x82'],
    ['CA without keyCertSign', '0x10002'],
    ['path length exceeded', '0x10002'],
    ['leaf for clients', undefined],
    ['leaf for any purpose', undefined],
    ['unknown critical extension', '0x200002'],
    ['unknown extension', undefined],
    ['critical name constraints kept', undefined],
    ['RSA 1024 leaf', undefined],
    ['RSA 4096 leaf', undefined],
    ['P-521 intermediate', undefined],
    ['5 certificates deep', undefined],
    ['9 certificates deep', undefined],
    ['10 certificates deep', undefined],
  ])('%s: %s', (name, status) => {
    const failure = outcome(name)
    expect(failure?.flags).toBe(status)
    expect(failure?.code).toBe(status === undefined ? undefined : '-348')
  })

  test('the key usage is met with the key exchange, before the path', () => {
    expect(outcome('leaf for encipherment')).toMatchObject({ code: '-48', early: true })
    expect(outcome('leaf for encipherment', { keyExchange: 'encrypted' })).toBeUndefined()
  })

  test('without verification nothing of a readable chain fails', () => {
    expect(outcome('wrong anchor', { verifies: false })).toBeUndefined()
  })

  test('a certificate that is not taken in has another number in TLS 1.3', () => {
    const chain = chainSeen('two P-256 certificates')
    const twice = chain.certificates.map(
      (one) => one && { ...one, extensions: [...one.extensions, ...one.extensions] },
    )
    expect(outcome('two P-256 certificates', { certificates: twice })).toMatchObject({
      code: '-43',
      early: true,
    })
    expect(outcome('two P-256 certificates', { certificates: twice, version: 0x0304 })?.code).toBe('-430')
  })

  test('an address is not compared with names', () => {
    expect(outcome('two P-256 certificates', { host: '127.0.0.1' })?.flags).toBe('0x4002')
  })
})

test('a handshake over 128 kB is too large, all its messages counted', () => {
  const message = { name: 'Certificate', records: 9, largestRecordBytes: 16_384, overheadBytes: 0 }
  const codeOf = (messageBytes: number, transcriptBytes?: number) =>
    gnutls.readMessage({ ...message, messageBytes, transcriptBytes }, debian)?.code
  expect([codeOf(131_072), codeOf(131_073)]).toEqual([undefined, '-210'])
  expect([codeOf(130_000, 131_072), codeOf(130_000, 131_073)]).toEqual([undefined, '-210'])
})
