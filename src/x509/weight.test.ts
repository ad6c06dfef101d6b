import { expect, test } from 'vitest'
import { realCertificates, realChain } from '../../test/support/real-certificates.ts'
import { weigh } from './weight.ts'

test('the parts of every real certificate add up to its size', () => {
  for (const certificate of realCertificates()) {
    const { names, scts, ...bytes } = weigh(certificate)
    expect(Object.values(bytes).reduce((sum, part) => sum + part)).toBe(certificate.der.length)
    expect(bytes.otherBytes).toBeGreaterThan(0)
    expect(names === 0).toBe(bytes.namesBytes === 0)
    expect(scts === 0).toBe(bytes.sctBytes === 0)
  }
})

test('a leaf of 5,438 B is heavy by its names', () => {
  const [leaf] = realChain('chain-aliyun-5438')
  const weight = weigh(leaf!)
  expect(leaf!.der.length).toBe(5_438)
  expect(weight.names).toBe(leaf!.subjectAltNames.length)
  expect(weight.namesBytes).toBeGreaterThan(3_000)
  // P-256 in a SubjectPublicKeyInfo has 91 bytes; an RSA-2048 signature 256 and its header 5.
  expect(weight.keyBytes).toBe(91)
  expect(weight.signatureBytes).toBe(261)
})

test('a Microsoft leaf: names, timestamps, key and signature', () => {
  const weight = weigh(realChain('chain-edge-microsoft-com-g2')[0]!)
  // RSA-2048 key and RSA-4096 signature.
  expect(weight.keyBytes).toBe(294)
  expect(weight.signatureBytes).toBe(517)
  expect(weight.scts).toBeGreaterThanOrEqual(2)
})
