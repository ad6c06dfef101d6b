import { describe, expect, test } from 'vitest'
import { device, limit, modem, noLimits, sourced } from '../../test/support/judge-devices.ts'
import {
  chainOf,
  connection,
  dial,
  found,
  holdingCertificates,
  judged,
  pemOf,
} from '../../test/support/judge-observations.ts'
import { small } from '../../test/support/small-pki.ts'
import type { StackBuild } from '../device/device.ts'
import { unknownBuild } from '../device/unknown.ts'
import type { TrustStore } from '../trust/trust-store.ts'
import { chainAlone } from './changed-chain.ts'

const edge = pemOf('chain-edge-microsoft-com-g2', 'edge.microsoft.com')

describe('an RSA key under the smallest that is accepted', () => {
  const strict = (bits: number) =>
    modem({ limits: { ...noLimits, rsaKeyBitsMin: limit({ value: bits, counts: 'bits' }) } })

  test('is refused by who verifies, and no matter to who does not', () => {
    const full = judged(edge, { device: strict(4096) })
    expect(found(full, 'rsa-key-too-small')).toMatchObject({ effect: 'blocks' })
    const off = judged(edge, { device: strict(4096), verify: 'none' })
    expect(found(off, 'rsa-key-too-small')).toMatchObject({ effect: 'info' })
    expect(off.state).not.toBe('blocked')
  })

  test('and one over the largest is refused by both: it cannot be computed with', () => {
    const device = modem({ limits: { ...noLimits, rsaKeyBits: limit({ value: 1024, counts: 'bits' }) } })
    expect(judged(edge, { device, verify: 'none' }).state).toBe('blocked')
  })
})

describe('the RSA key of the anchor', () => {
  const root = small({ name: 'Large root', ca: true, rsaBits: 2048 })
  const leaf = small({ name: 'host.example', issuer: root, altNames: ['host.example'] })
  const taking = (bits: number) =>
    modem({ limits: { ...noLimits, rsaKeyBits: limit({ value: bits, counts: 'bits' }) } })
  const meet = (rest: Parameters<typeof judged>[1], ...sent: readonly (typeof root)[]) =>
    judged(dial([connection({ chain: chainOf([leaf, ...sent]) })]), {
      device: taking(1024),
      trust: holdingCertificates(root),
      ...rest,
    })

  test('verifies the last signature: over the largest it blocks, whether the root is sent or not', () => {
    const verdict = meet({})
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'chain' })
    const details = { index: undefined, subject: 'Large root', keyBits: 2048, limitBits: 1024 }
    expect(found(verdict, 'rsa-key-too-large')).toMatchObject({ effect: 'blocks', details })
    expect(found(meet({}, root), 'rsa-key-too-large')?.details.index).toBe(1)
    expect(meet({ device: taking(2048) }).state).toBe('fits')
  })

  test('is not computed with by who does not verify', () => {
    expect(found(meet({ verify: 'none' }), 'rsa-key-too-large')).toMatchObject({ effect: 'info' })
  })

  test('is open where nothing is known of the device and ordinary ones are smaller', () => {
    const verdict = meet({ device: modem(), ordinary: { rsaKeyBits: 1024 } })
    expect(verdict.state).toBe('undecided')
    expect(found(verdict, 'rsa-key-unproved')?.details).toMatchObject({ index: undefined, keyBits: 2048 })
  })

  test('leaves it open where the device is only assumed to hold that root', () => {
    const known = [{ id: 'large', certificate: root }] as unknown as TrustStore['known']
    const verdict = meet({ trust: { held: undefined, origin: 'unknown', known } })
    expect(verdict.state).toBe('undecided')
    expect(found(verdict, 'rsa-key-too-large')).toMatchObject({
      effect: 'unknown',
      details: { assumed: true },
    })
  })
})

describe('a key on a curve', () => {
  const root = small({ name: 'Root', ca: true })
  const leaf = small({ name: 'host.example', issuer: root, altNames: ['host.example'] })
  const seen = dial([connection({ chain: chainOf([leaf]) })])
  const meet = (build: Partial<StackBuild>, groups?: readonly string[]) =>
    judged(seen, {
      device: modem({
        build: { ...unknownBuild, ...build },
        hello: { ...modem().hello, groups: groups && sourced(groups) },
      }),
      trust: holdingCertificates(root),
    })

  test('that the device is known not to take blocks', () => {
    const verdict = meet({ certificateGroups: sourced(['secp384r1']) })
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'chain' })
    expect(found(verdict, 'key-type-unsupported')?.details).toMatchObject({ index: 0, key: 'secp256r1' })
  })

  test('that it is only taken not to have is open', () => {
    const inferred = { ...sourced(['secp384r1']), confidence: 'inferred' } as const
    expect(meet({ certificateGroups: inferred }).state).toBe('undecided')
  })

  test('that it takes is good, though it is not offered; one that is neither offered nor known is open', () => {
    expect(meet({ certificateGroups: sourced(['secp256r1']) }, ['secp384r1']).state).toBe('fits')
    expect(meet({}, ['secp384r1']).state).toBe('undecided')
    expect(meet({}).state).toBe('fits')
  })

  test('is open where nothing is known of the device and ordinary servers have another', () => {
    const certificateGroups = ['secp384r1']
    const about = (one = modem()) => {
      const trust = holdingCertificates(root)
      const verdict = judged(seen, { device: one, trust, ordinary: { certificateGroups } })
      return { state: verdict.state, finding: found(verdict, 'algorithm-unproved'), missing: verdict.missing }
    }
    expect(about()).toMatchObject({
      state: 'undecided',
      finding: { effect: 'unknown', details: { what: 'curve', algorithm: 'secp256r1', index: 0 } },
      missing: [{ needs: 'client-hello-capture', about: 'groups' }],
    })
    const offering = modem({ hello: { ...modem().hello, groups: sourced(['secp256r1']) } })
    expect(about(offering)).toMatchObject({ state: 'fits', finding: undefined })
    const built = modem({ build: { ...unknownBuild, certificateGroups: sourced(['secp256r1']) } })
    expect(about(built)).toMatchObject({ state: 'fits', finding: undefined })
  })
})

describe('a signature algorithm, for a device of which none is known', () => {
  const root = small({ name: 'Root', ca: true })
  const leaf = small({ name: 'host.example', issuer: root, altNames: ['host.example'] })
  const seen = dial([connection({ chain: chainOf([leaf, root]) })])
  const about = (certificateSignatures: readonly string[], verify: 'full' | 'none' = 'full', one = modem()) =>
    judged(seen, {
      ...{ device: one, verify, trust: holdingCertificates(root), ordinary: { certificateSignatures } },
    })

  test('that few servers show is open, the signature of the root apart', () => {
    const verdict = about(['sha256WithRSAEncryption'])
    expect(verdict.state).toBe('undecided')
    expect(verdict.findings.filter(({ id }) => id === 'algorithm-unproved')).toMatchObject([
      { effect: 'unknown', details: { what: 'signature', algorithm: leaf.signatureAlgorithm, index: 0 } },
    ])
    expect(verdict.missing).toMatchObject([{ needs: 'client-hello-capture', about: 'signatureSchemes' }])
  })

  test('that ordinary servers show, or nobody verifies, is not spoken of', () => {
    expect(about([leaf.signatureAlgorithm]).state).toBe('fits')
    expect(found(about(['sha256WithRSAEncryption'], 'none'), 'algorithm-unproved')).toBeUndefined()
  })

  test('is for the rules of its library to say, where these are known', () => {
    const ruled = modem({ build: { ...unknownBuild, rules: sourced('bearssl') } })
    expect(found(about(['sha256WithRSAEncryption'], 'full', ruled), 'algorithm-unproved')).toBeUndefined()
  })

  test('stays open where a build of that library may lack it', () => {
    const ruled = modem({ build: { ...unknownBuild, rules: sourced('mbedtls-3') } })
    const verdict = about(['sha256WithRSAEncryption'], 'full', ruled)
    expect(found(verdict, 'algorithm-unproved')).toMatchObject({ effect: 'unknown' })
    expect(verdict.state).toBe('undecided')
    expect(about([leaf.signatureAlgorithm], 'full', ruled).state).toBe('fits')
  })

  test('is not open for being rare where the hello says what the device offers', () => {
    const offering = modem({ hello: { ...modem().hello, signatureSchemes: sourced(['rsa_pkcs1_sha256']) } })
    expect(found(about([], 'full', offering), 'algorithm-unproved')).toBeUndefined()
  })
})

describe('a leaf with an EC key, for a device whose build exchanges keys by static RSA alone', () => {
  const root = small({ name: 'Root', ca: true })
  const leaf = small({ name: 'host.example', issuer: root, altNames: ['host.example'] })
  const meets = (value: readonly ('rsa' | 'ecdhe')[] | undefined, versions = ['TLSv1.2']) => {
    const keyExchanges = value && sourced(value)
    const one = device({
      build: { ...unknownBuild, keyExchanges },
      hello: { ...modem().hello, cipherSuites: undefined, versions: sourced(versions) },
    })
    const seen = chainAlone(pemOf('chain-edge-microsoft-com-g2', 'host.example'), [leaf.der])
    return found(judged(seen, { device: one, trust: holdingCertificates(root) }), 'key-type-unsupported')
  }

  test('cannot be served, for it signs and static RSA decrypts', () => {
    expect(leaf.publicKey.kind).toBe('ec')
    expect(meets(['rsa'])).toMatchObject({
      effect: 'blocks',
      details: { index: 0, exchangeSource: 'the test' },
    })
  })

  test('can where ECDHE is built in, where TLS 1.3 is spoken, and nothing is said where it is not known', () => {
    expect(meets(['rsa', 'ecdhe'])).toBeUndefined()
    expect(meets(['rsa'], ['TLSv1.2', 'TLSv1.3'])).toBeUndefined()
    expect(meets(undefined)).toBeUndefined()
  })
})
