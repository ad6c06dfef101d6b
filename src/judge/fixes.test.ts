import { describe, expect, test } from 'vitest'
import { device, limit, modem, noLimits, sourced } from '../../test/support/judge-devices.ts'
import {
  chainOf,
  connection,
  dial,
  exchange,
  found,
  holding,
  holdingCertificates,
  judged,
  pemOf,
  records,
} from '../../test/support/judge-observations.ts'
import { small } from '../../test/support/small-pki.ts'
import { unknownHttp } from '../device/unknown.ts'
import { openKnownRoots } from '../io/root-files.ts'

test('a leaf over the limit by itself is in every path, so no way of counting lets it fit', () => {
  const verdict = judged(pemOf('chain-aliyun-5438'))
  expect(verdict).toMatchObject({ state: 'blocked', stage: 'chain' })
  expect(found(verdict, 'chain-too-large')).toMatchObject({ effect: 'blocks' })
})

describe('a larger buffer', () => {
  const buffer = (bytes: number) =>
    device({ limits: { ...noLimits, handshakeMessageBytes: limit({ value: bytes, counts: 'message' }) } })
  const edge = pemOf('chain-edge-microsoft-com-g2')
  const ids = (messageBytes: number, bufferBytes: number) => {
    const chain = { ...edge.connections[0]!.chain!, messageBytes }
    const verdict = judged(dial([connection({ chain })]), { device: buffer(bufferBytes) })
    return found(verdict, 'message-too-large')!.fixes.map(({ id }) => id)
  }

  test('is advised up to 16,384 bytes, and to nobody who has it', () => {
    expect(ids(16_384, 4096)).toContain('enlarge-record-buffer')
    expect(ids(16_385, 4096)).not.toContain('enlarge-record-buffer')
    expect(ids(16_385, 16_384)).not.toContain('enlarge-record-buffer')
  })
})

test('a client of ranges alone needs them served before anything else helps', () => {
  const http = { ...unknownHttp, rangeBytes: sourced(2048), rangeSupport: sourced('needed' as const) }
  const whole = dial([
    connection({
      records: records(16_384),
      exchanges: [exchange({ status: 200 }, { range: { first: 0, last: 2047 } })],
    }),
  ])
  const { fixes } = found(judged(whole, { device: modem({ http }) }), 'record-too-large')!
  expect(fixes.map(({ id }) => id).slice(0, 2)).toEqual(['serve-range', 'cap-server-records'])
})

describe("a root of one's own", () => {
  const root = small({ name: 'Own Root', ca: true })
  const leaf = small({ name: 'host.example', issuer: root, altNames: ['host.example'] })
  const fixOf = (sent: readonly (typeof root)[]) => {
    const seen = dial([connection({ chain: chainOf(sent) })])
    const verdict = judged(seen, { trust: holding('amazon-root-ca-1') })
    return found(verdict, 'untrusted-root')?.fixes[0]
  }

  test('is to be stored, by its hash where it was sent', () => {
    expect(fixOf([leaf, root])).toEqual({
      id: 'load-root',
      with: { root: 'Own Root', sha256: root.sha256 },
    })
    const middle = small({ name: 'Middle', ca: true, issuer: root })
    const below = small({ name: 'host.example', issuer: middle, altNames: ['host.example'] })
    expect(fixOf([below, middle])).toEqual({ id: 'load-root', with: { root: 'Own Root' } })
  })

  test('is to be stored where nothing is held', () => {
    const seen = dial([connection({ chain: chainOf([leaf, root]) })])
    const verdict = judged(seen, { trust: holdingCertificates() })
    expect(found(verdict, 'no-trust-anchor')!.fixes[0]!.with.root).toBe('Own Root')
  })
})

describe('a CA that is not known, whose chain to the end is too long', () => {
  const old = small({ name: 'Old Root', ca: true })
  const second = small({ name: 'Second Root', ca: true, issuer: old })
  const middle = small({ name: 'Middle', ca: true, issuer: second })
  const leaf = small({ name: 'host.example', issuer: middle, altNames: ['host.example'] })
  const bytes = (...all: readonly { readonly der: Uint8Array }[]) =>
    all.reduce((sum, { der }) => sum + der.length, 0)
  const fixesAt = (limitBytes: number, sent: readonly (typeof old)[] = [leaf, middle, second]) => {
    const chainBytes = limit({ value: limitBytes, counts: 'path' })
    const verdict = judged(dial([connection({ chain: chainOf(sent) })]), {
      device: device({ limits: { ...noLimits, chainBytes }, verification: { ...required } }),
      trust: holding('amazon-root-ca-1'),
    })
    return found(verdict, 'untrusted-root')!.fixes
  }
  const required = { ...device().verification, peer: sourced('required' as const) }

  test('the root on the way that an older one signed is to be stored, signed by itself', () => {
    expect(fixesAt(bytes(leaf, middle))[0]).toEqual({
      id: 'load-root',
      with: { root: 'Second Root', signedBy: 'Old Root' },
    })
  })

  test('where all of it fits, the root at the end', () => {
    expect(fixesAt(bytes(leaf, middle, second))[0]).toEqual({ id: 'load-root', with: { root: 'Old Root' } })
  })

  test('where not even that fits, or nothing on the way is a root by its name, a front comes first', () => {
    expect(fixesAt(bytes(leaf))[0]!.id).toBe('front-small-chain')
    expect(fixesAt(bytes(leaf), [leaf, middle])[0]!.id).toBe('front-small-chain')
  })
})

test('a root is not to be stored on a stack that follows the copy of it that another CA signed', () => {
  const rootsFor = (followed: 'accepted' | 'refused') => {
    const trust = { ...device().trust, crossSignedTwin: sourced(followed) }
    const verdict = judged(pemOf('chain-aws-s3-eu-west-1'), {
      device: device({ trust }),
      trust: holding('digicert-global-root-g2'),
    })
    return found(verdict, 'untrusted-root')!.fixes.flatMap(({ with: { rootId } }) => rootId ?? [])
  }
  expect(rootsFor('accepted')).toEqual(['amazon-root-ca-1'])
  expect(rootsFor('refused')).toEqual([])
})

test('a front does not end at a root that is distrusted', () => {
  const trust = holding('starfield-services-root-g2', 'amazon-root-ca-1')
  const known = trust.known.map((one) =>
    one.id === 'starfield-services-root-g2' ? { ...one, distrustedFrom: new Date('2026-04-15') } : one,
  )
  const verdict = judged(pemOf('chain-edge-microsoft-com-g2'), { trust: { ...trust, known } })
  expect(found(verdict, 'untrusted-root')!.fixes.at(-1)!.with.anchor).toBe('Amazon Root CA 1')
})

test('of several roots that the chain leads to, the one that lasts is needed and stored, and the reason given', () => {
  const azure = pemOf('chain-azure-metadata-g2')
  const other = { otherRoot: 'DigiCert Global Root G2', otherUntil: '2029-04-15' }
  const known = openKnownRoots()
  const held = known.filter(({ id }) => id === 'microsoft-rsa-root-2017')
  const anchors = held.map(({ certificate, id }) => ({ certificate, label: id }))
  const refused = judged(azure, {
    trust: { held: anchors, origin: 'given', known },
    device: modem({ limits: noLimits, evidence: [] }),
  })
  const untrusted = found(refused, 'untrusted-root')!
  expect(untrusted.details).toMatchObject({ neededIssuer: 'Microsoft TLS RSA Root G2', otherRoots: true })
  expect(untrusted.fixes[0]!.with).toMatchObject({ root: 'Microsoft TLS RSA Root G2', ...other })
  const trust = { held: undefined, origin: 'unknown', known } as const
  const assumed = found(judged(azure, { trust, device: device({}) }), 'root-assumed')!
  expect(assumed.fixes[0]!.with).toMatchObject({ root: 'Microsoft TLS RSA Root G2', ...other })
})
