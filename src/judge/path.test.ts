import { describe, expect, test } from 'vitest'
import { device, limit, modem, noLimits, sourced } from '../../test/support/judge-devices.ts'
import {
  chainOf,
  connection,
  dial,
  found,
  holding,
  holdingCertificates,
  holdingUnknown,
  idsOf,
  judged,
  pemOf,
} from '../../test/support/judge-observations.ts'
import { realChain, realRoot } from '../../test/support/real-certificates.ts'
import { small } from '../../test/support/small-pki.ts'
import { openKnownRoots } from '../io/root-files.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { Verdict } from './verdict.ts'

const root = small({ name: 'Root', ca: true })
const middle = small({ name: 'Middle', ca: true, issuer: root })
const leaf = small({ name: 'host.example', issuer: middle, altNames: ['host.example'] })
const ours = [leaf, middle]

function seen(sent: readonly Certificate[], host = 'host.example') {
  return dial([connection({ chain: chainOf(sent), host })], {}, { host })
}

describe('what is held leads to the leaf', () => {
  test('the root is held: nothing to say', () => {
    const verdict = judged(seen(ours), { trust: holdingCertificates(root) })
    expect(verdict.state).toBe('fits')
    expect(idsOf(verdict)).not.toContain('untrusted-root')
  })

  test('the issuing CA alone is held: as the stack takes it', () => {
    const trust = holdingCertificates(middle)
    const stack = (value: 'accepted' | 'refused' | undefined) =>
      modem({ trust: { ...modem().trust, intermediateAnchor: value && sourced(value) } })
    expect(judged(seen(ours), { trust, device: stack('accepted') }).state).toBe('fits')
    expect(judged(seen(ours), { trust, device: stack('refused') })).toMatchObject({
      state: 'blocked',
      stage: 'path',
    })
    expect(judged(seen(ours), { trust, device: stack(undefined) }).state).toBe('undecided')
  })

  test('with the leaf and the root held, the path to the root is the one that counts', () => {
    const verdict = judged(seen(ours), { trust: holdingCertificates(leaf, root) })
    expect(verdict.state).toBe('fits')
    expect(verdict.margins.find(({ counts }) => counts === 'path')!.value).toBe(
      leaf.der.length + middle.der.length,
    )
  })

  test('issuers in the wrong order are refused by this stack', () => {
    const top = small({ name: 'Top', ca: true, issuer: root })
    const low = small({ name: 'Low', ca: true, issuer: top })
    const end = small({ name: 'host.example', issuer: low, altNames: ['host.example'] })
    const verdict = judged(seen([end, top, low]), { trust: holdingCertificates(root) })
    expect(found(verdict, 'wrong-order')).toMatchObject({ effect: 'blocks', details: { order: [0, 2, 1] } })
    expect(judged(seen([end, low, top]), { trust: holdingCertificates(root) }).state).toBe('fits')
  })

  test('a certificate that is not needed stands before one that is: open, unless any order is known to be taken', () => {
    const trust = holdingCertificates(root)
    const twice = [leaf, leaf, middle]
    const stack = (value: 'accepted' | 'refused' | undefined) =>
      modem({ trust: { ...modem().trust, wrongOrder: value && sourced(value) } })
    for (const value of ['refused', undefined] as const) {
      const verdict = judged(seen(twice), { trust, device: stack(value) })
      expect(found(verdict, 'wrong-order')).toMatchObject({ effect: 'unknown', details: { order: [0, 2] } })
    }
    expect(judged(seen(twice), { trust, device: stack('accepted') }).state).toBe('fits')
    expect(judged(seen([...ours, leaf]), { trust, device: stack(undefined) }).state).toBe('fits')
  })
})

describe('no path leads to what is held', () => {
  test('the root to store is named, not the end of the chain, which may be sent further than it needs', () => {
    const s3 = pemOf('chain-aws-s3-eu-west-1', 'bucket.s3-eu-west-1.amazonaws.com')
    const verdict = judged(s3, { trust: holding('digicert-global-root-g2'), now: new Date('2021-06-01') })
    const untrusted = found(verdict, 'untrusted-root')!
    const named = { neededIssuer: 'Amazon Root CA 1', otherRoots: true }
    expect(untrusted.details).toEqual({ ...named, held: ['DigiCert Global Root G2'] })
    expect(untrusted.fixes[0]).toMatchObject({ id: 'load-root', with: { root: named.neededIssuer } })
  })

  test('where the chain ends in one root alone, no other is spoken of', () => {
    const other = small({ name: 'Other', ca: true })
    const verdict = judged(seen(ours), { trust: holdingCertificates(other) })
    expect(found(verdict, 'untrusted-root')!.details).toEqual({ neededIssuer: 'Root', held: ['Other'] })
  })
})

describe('a stack that builds no path over what is sent', () => {
  const only = modem({ trust: { ...modem().trust, sentIntermediates: sourced('refused') } })

  test('needs each intermediate beside the root', () => {
    const verdict = judged(seen(ours), { device: only, trust: holdingCertificates(root) })
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'path' })
    expect(found(verdict, 'untrusted-root')).toMatchObject({
      details: { neededIssuer: 'Middle', held: ['Root'] },
      fixes: [{ id: 'load-root', with: { root: 'Middle', sha256: middle.sha256 } }],
    })
    const both = judged(seen(ours), { device: only, trust: holdingCertificates(root, middle) })
    expect(both.state).toBe('fits')
  })

  test('names every intermediate that it lacks, and takes an intermediate that is stored up to its root', () => {
    const top = small({ name: 'Top', ca: true, issuer: root })
    const low = small({ name: 'Low', ca: true, issuer: top })
    const end = small({ name: 'host.example', issuer: low, altNames: ['host.example'] })
    const silent = modem({ trust: { ...only.trust, intermediateAnchor: undefined } })
    const holdingThese = (...held: readonly Certificate[]) =>
      judged(seen([end, low, top]), { device: silent, trust: holdingCertificates(...held) })
    const lacking = (verdict: Verdict) =>
      verdict.findings.flatMap((one) => (one.id === 'untrusted-root' ? [one.details] : []))
    expect(lacking(holdingThese(root))).toEqual([{ neededIssuer: 'Low', besides: ['Top'], held: ['Root'] }])
    expect(found(holdingThese(root), 'untrusted-root')!.fixes).toMatchObject([
      { id: 'load-root', with: { root: 'Low', sha256: low.sha256, besides: 'Top' } },
    ])
    expect(lacking(holdingThese(root, top))).toEqual([{ neededIssuer: 'Low', held: ['Top'] }])
    expect(holdingThese(low, top, root).state).toBe('fits')
    // Whether an intermediate alone will do is in no source.
    for (const held of [[low], [low, top], [low, root]]) expect(holdingThese(...held).state).toBe('undecided')
  })

  test('takes a leaf that the root issued', () => {
    const direct = small({ name: 'host.example', issuer: root, altNames: ['host.example'] })
    expect(judged(seen([direct]), { device: only, trust: holdingCertificates(root) }).state).toBe('fits')
  })

  test('is undecided where it is not known whether it verifies', () => {
    const unverified = modem({ ...only, verification: { ...modem().verification, peer: undefined } })
    const verdict = judged(seen(ours), { device: unverified, trust: holdingCertificates(root) })
    expect(verdict.state).toBe('undecided')
  })
})

describe('a cross-signed twin of the root held is sent', () => {
  const twin = small({ name: 'Root', key: 'Root', ca: true, issuer: small({ name: 'Old Root', ca: true }) })
  const sent = [...ours, twin]
  const trust = holdingCertificates(root)
  const stack = (value: 'accepted' | 'refused' | undefined, evidence = modem().evidence.slice(0, 0)) =>
    modem({ trust: { ...modem().trust, crossSignedTwin: value && sourced(value) }, evidence })

  test('is followed, refused or unknown, as the stack is', () => {
    expect(judged(seen(sent), { trust, device: stack('accepted') }).state).toBe('fits')
    expect(found(judged(seen(sent), { trust, device: stack('refused') }), 'cross-sign-path')).toMatchObject({
      effect: 'blocks',
      cause: 'cross-sign-path',
      details: { subject: 'Root', presentedIssuer: 'Old Root', heldIssuer: 'Root' },
    })
    expect(judged(seen(sent), { trust, device: stack(undefined) }).state).toBe('undecided')
  })

  test('an accepted row with two certificates beyond the anchor shows that the stack takes it', () => {
    const rows = modem().evidence.map((row) => ({ ...row, certificates: [1887, 1101, 1174, 1145] }))
    const s3 = rows.filter(({ id }) => id === 'aws-s3')
    expect(judged(seen(sent), { trust, device: stack(undefined, s3) }).state).toBe('fits')
    const short = s3.map((row) => ({ ...row, certificates: [1887, 1101, 1174] }))
    expect(judged(seen(sent), { trust, device: stack(undefined, short) }).state).toBe('undecided')
  })
})

describe('what is held does not lead to the leaf', () => {
  test('the server certificate of a CA is held in place of the CA', () => {
    const verdict = judged(seen(ours), { trust: holdingCertificates(leaf) })
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'path' })
    expect(found(verdict, 'leaf-as-anchor')).toMatchObject({
      cause: 'leaf-as-anchor',
      details: { subject: 'host.example', selfIssued: false },
      fixes: [{ id: 'replace-leaf-anchor', with: { issuer: 'Middle' } }],
    })
    expect(found(verdict, 'leaf-as-anchor')!.deviceWords).toMatchObject({ code: 'errno 111' })
  })

  test('the leaf held is that of before the renewal', () => {
    const before = small({
      name: 'host.example',
      key: 'old',
      issuer: middle,
      notAfter: '2026-06-01T00:00:00Z',
    })
    const verdict = judged(seen(ours), { trust: holdingCertificates(before) })
    expect(found(verdict, 'leaf-as-anchor')).toMatchObject({ effect: 'blocks' })
  })

  test('a self-signed certificate was made anew after the image was built', () => {
    const built = small({ name: '192.168.1.8', key: 'first' })
    const served = small({ name: '192.168.1.8', key: 'second' })
    const verdict = judged(seen([served], '192.168.1.8'), { trust: holdingCertificates(built) })
    expect(found(verdict, 'anchor-not-presented')).toMatchObject({
      effect: 'blocks',
      cause: 'untrusted-root',
      details: { sameName: true, sameKey: false },
      fixes: [{ id: 'load-presented-certificate' }, { id: 'serve-held-certificate' }],
    })
  })

  test('a self-signed certificate that is held itself is trusted, and said to be a leaf', () => {
    const own = small({ name: 'host.example', altNames: ['host.example'] })
    const verdict = judged(seen([own]), { trust: holdingCertificates(own) })
    expect(verdict.state).toBe('fits')
    expect(found(verdict, 'leaf-as-anchor')).toMatchObject({ effect: 'info', details: { selfIssued: true } })
  })

  test('an old public root is held: the one that is needed is named, and offered where its path fits', () => {
    const s3 = pemOf('chain-aws-s3-eu-west-1')
    const verdict = judged(s3, {
      trust: holding('digicert-global-root-g2'),
      now: new Date('2022-01-01T00:00:00Z'),
    })
    expect(found(verdict, 'untrusted-root')).toMatchObject({
      effect: 'blocks',
      details: { held: ['DigiCert Global Root G2'] },
    })
    expect(found(verdict, 'untrusted-root')!.fixes[0]).toMatchObject({
      id: 'load-root',
      with: { rootId: 'amazon-root-ca-1' },
    })
  })

  test('only the leaf is sent, and it says that its issuer is no root', () => {
    const alone = pemOf('chain-missing-intermediate')
    const verdict = judged(alone, {
      trust: holding('amazon-root-ca-1'),
      now: new Date('2015-01-01T00:00:00Z'),
    })
    expect(found(verdict, 'missing-intermediate')).toMatchObject({
      effect: 'blocks',
      details: { held: true },
    })
  })

  test("only the leaf of a CA of one's own is sent: that CA is to be held, or sent if it is no root", () => {
    const fixesOf = (trust: ReturnType<typeof holding>) => {
      const verdict = judged(seen([leaf]), { trust })
      expect(found(verdict, 'missing-intermediate')).toBeUndefined()
      const untrusted = found(verdict, 'untrusted-root')!
      expect(untrusted).toMatchObject({ effect: 'blocks', details: { neededIssuer: 'Middle' } })
      return untrusted.fixes.map(({ id, with: facts }) => [id, facts.root ?? facts.issuer, facts.unlessRoot])
    }
    const store = ['load-root', 'Middle', undefined]
    const send = ['send-intermediate', 'Middle', 'yes']
    expect(fixesOf(holding('amazon-root-ca-1')).slice(0, 2)).toEqual([store, send])
    expect(fixesOf(holdingCertificates(root)).slice(0, 2)).toEqual([send, store])
  })

  test('nothing is held at all', () => {
    expect(found(judged(seen(ours), { trust: holdingCertificates() }), 'no-trust-anchor')).toMatchObject({
      effect: 'blocks',
    })
  })
})

test('a certificate that is no CA cannot issue another; over one of version 1 stacks differ', () => {
  const under = (altNames: readonly string[]) => {
    const impostor = small({ name: 'Impostor', issuer: root, altNames })
    const end = small({ name: 'host.example', issuer: impostor, altNames: ['host.example'] })
    return found(judged(seen([end, impostor]), { trust: holdingCertificates(root) }), 'not-a-ca')
  }
  expect(under(['impostor.example'])).toMatchObject({
    effect: 'blocks',
    details: { index: 1, subject: 'Impostor' },
  })
  const first = small({ name: 'Version 1', issuer: root })
  const end = small({ name: 'host.example', issuer: first, altNames: ['host.example'] })
  const verdict = judged(seen([end, first]), { trust: holdingCertificates(root) })
  expect(found(verdict, 'not-a-ca')).toMatchObject({ effect: 'unknown' })
})

describe('what is held is not known', () => {
  test('a public root is assumed and named', () => {
    const verdict = judged(pemOf('chain-edge-microsoft-com-g2'), {
      device: device(),
      trust: holdingUnknown(),
    })
    expect(found(verdict, 'root-assumed')).toMatchObject({ effect: 'info' })
    expect(verdict.missing).toContainEqual(expect.objectContaining({ needs: 'anchor' }))
  })

  test('to be stored is the root that stores keep longest, not the oldest', () => {
    const trust = { held: undefined, origin: 'unknown', known: openKnownRoots() } as const
    const verdict = judged(pemOf('chain-aws-s3-eu-west-1'), {
      device: device(),
      trust,
      now: new Date('2026-06-01T00:00:00Z'),
    })
    expect(found(verdict, 'root-assumed')).toMatchObject({
      details: { rootId: 'starfield-services-root-g2' },
      fixes: [{ id: 'load-root', with: { rootId: 'amazon-root-ca-1' } }],
    })
  })

  test('also where no path fits the device', () => {
    const handshakeMessageBytes = limit({ value: 1500, counts: 'message' })
    const verdict = judged(pemOf('chain-aws-s3-eu-west-1'), {
      device: device({ limits: { ...noLimits, handshakeMessageBytes } }),
      trust: { held: undefined, origin: 'unknown', known: openKnownRoots() },
      now: new Date('2026-06-01T00:00:00Z'),
    })
    expect(found(verdict, 'root-assumed')!.fixes[0]).toMatchObject({ with: { rootId: 'amazon-root-ca-1' } })
  })

  test('a private root leaves it undecided', () => {
    const verdict = judged(seen(ours), { trust: holdingUnknown() })
    expect(verdict.state).toBe('undecided')
    expect(found(verdict, 'root-unknown')).toMatchObject({
      effect: 'unknown',
      details: { issuer: 'Root', root: 'unknown' },
    })
  })

  test('a public leaf without its issuer lacks an intermediate: no root issues server certificates', () => {
    const alone = pemOf('chain-missing-intermediate')
    const verdict = judged(alone, { trust: holdingUnknown(), now: new Date('2015-01-01T00:00:00Z') })
    expect(found(verdict, 'root-unknown')).toBeUndefined()
    expect(found(verdict, 'missing-intermediate')).toMatchObject({
      effect: 'unknown',
      details: {
        issuer: 'Starfield Secure Certificate Authority - G2',
        urls: ['http://certificates.starfieldtech.com/repository/sfig2.crt'],
        held: false,
      },
      fixes: [{ id: 'send-intermediate' }],
    })
    const unverified = judged(alone, { trust: holdingUnknown(), verify: 'none' })
    expect(found(unverified, 'missing-intermediate')).toMatchObject({ effect: 'info' })
  })

  test('a logged leaf without its issuer blocks where the stack takes roots only', () => {
    const [leaf] = realChain('chain-edge-microsoft-com-g2')
    const { trust } = modem()
    const refused = { value: 'refused', source: 'the test', confidence: 'measured' } as const
    const rootsOnly = { ...trust, intermediateAnchor: refused, leafAnchor: refused }
    const given = { trust: holdingUnknown(), device: modem({ trust: rootsOnly }) }
    const verdict = judged(seen([leaf!]), given)
    expect(found(verdict, 'missing-intermediate')).toMatchObject({ effect: 'blocks' })
  })

  test('a leaf that signed itself and a root of the past are told from a root nobody knows', () => {
    const root = (verdict: ReturnType<typeof judged>) => found(verdict, 'root-unknown')?.details.root
    const given = { trust: holdingUnknown() }
    expect(root(judged(pemOf('chain-badssl-self-signed'), given))).toBe('self-signed-leaf')
    const known = openKnownRoots()
    const trust = { held: undefined, origin: 'unknown', known } as const
    expect(root(judged(pemOf('chain-aliyun-5438'), { trust }))).toBe('cross-signer')
    const own = small({ name: 'Own Root', ca: true })
    const end = small({ name: 'host.example', issuer: own, altNames: ['host.example'] })
    expect(root(judged(seen([end, own]), given))).toBe('self-signed')
  })
})

describe('verification is off', () => {
  test('by request: a risk, and distrust blocks no more', () => {
    const verdict = judged(seen(ours), { trust: holding('amazon-root-ca-1'), verify: 'none' })
    expect(verdict.state).toBe('at-risk')
    expect(found(verdict, 'verification-off')).toMatchObject({
      effect: 'risks',
      details: { by: 'request', mode: 'none' },
    })
    expect(idsOf(verdict, 'blocks')).toEqual([])
  })

  test('an optional check counts as off', () => {
    const optional = modem({ verification: { ...modem().verification, peer: sourced('optional') } })
    const verdict = judged(seen(ours), { trust: holding('amazon-root-ca-1'), device: optional })
    expect(found(verdict, 'verification-off')!.details).toEqual({ by: 'default', mode: 'optional' })
    expect(verdict.state).toBe('at-risk')
  })

  test('where the device is not known to verify, distrust leaves it undecided', () => {
    const unsaid = modem({ verification: { ...modem().verification, peer: undefined } })
    expect(judged(seen(ours), { trust: holding('amazon-root-ca-1'), device: unsaid }).state).toBe('undecided')
  })
})

test('an anchor over 1,475 bytes as PEM is stored as DER; one over it as DER cannot be stored', () => {
  const store = device({
    limits: { ...noLimits, storedAnchorBytes: limit({ value: 1475, counts: 'stored' }) },
  })
  const chain = realChain('chain-edge-microsoft-com-g2')
  const inPem = judged(seen(chain), { device: store, trust: holding('microsoft-tls-rsa-root-g2') })
  expect(found(inPem, 'anchor-too-large')).toMatchObject({
    effect: 'risks',
    details: { derBytes: 1412, pemBytes: 1968 },
  })
  const large = holdingCertificates(realChain('chain-aliyun-5438')[0]!)
  expect(found(judged(seen(chain), { device: store, trust: large }), 'anchor-too-large')).toMatchObject({
    effect: 'blocks',
  })
  expect(realRoot('microsoft-tls-rsa-root-g2').der.length).toBe(1412)
})

test('a limit of the whole bundle is compared with all anchors together', () => {
  const store = device({
    limits: { ...noLimits, storedAnchorBytes: limit({ value: 1475, counts: 'bundle' }) },
  })
  const chain = realChain('chain-edge-microsoft-com-g2')
  const both = holding('digicert-global-root-g2', 'amazon-root-ca-1')
  expect(found(judged(seen(chain), { device: store, trust: both }), 'anchor-too-large')).toMatchObject({
    effect: 'risks',
    details: { derBytes: 914 + 837 },
    fixes: [{ id: 'front-small-chain' }, { id: 'other-module' }],
  })
  const one = judged(seen(chain), { device: store, trust: holding('digicert-global-root-g2') })
  expect(idsOf(one)).not.toContain('anchor-too-large')
})
