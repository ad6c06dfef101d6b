import { describe, expect, test } from 'vitest'
import { device, limit, modem, noLimits } from '../../test/support/judge-devices.ts'
import {
  chainOf,
  connection,
  dial,
  found,
  holding,
  holdingUnknown,
  idsOf,
  judged,
  pemOf,
} from '../../test/support/judge-observations.ts'
import { realChain } from '../../test/support/real-certificates.ts'

const edge = pemOf('chain-edge-microsoft-com-g2', 'edge.microsoft.com')
const s3 = pemOf('chain-aws-s3-eu-west-1', 'bucket.s3-eu-west-1.amazonaws.com')
const s3Time = new Date('2022-01-01T00:00:00Z')

describe('the Azure chain of 2026 against 4,096 bytes that may count two ways', () => {
  for (const [root, pathBytes, overBytes] of [
    ['digicert-global-root-g2', 5753, 1657],
    ['microsoft-tls-rsa-root-g2', 4332, 236],
  ] as const) {
    test(`is ${overBytes} bytes too large with ${root} held, and no root cures it`, () => {
      const verdict = judged(edge, { trust: holding(root) })
      expect(verdict).toMatchObject({ state: 'blocked', stage: 'chain' })
      const finding = found(verdict, 'chain-too-large')!
      expect(finding).toMatchObject({
        cause: 'chain-too-large',
        details: { sentBytes: 5753, pathBytes, certificates: 3, limitBytes: 4096, overBytes },
        deviceWords: { code: 'errno 111' },
        reached: true,
      })
      expect(finding.fixes.map(({ id }) => id)).toEqual([
        'front-small-chain',
        'use-shorter-chain',
        'tls-on-application-core',
        'other-module',
      ])
      expect(found(verdict, 'heavy-certificate')!.details.certificateBytes).toBe(2352)
    })
  }

  test('the front ends at what the device holds', () => {
    const verdict = judged(edge, { trust: holding('digicert-global-root-g2') })
    expect(found(verdict, 'chain-too-large')!.fixes[0]).toEqual({
      id: 'front-small-chain',
      with: { limitBytes: 4096, anchor: 'DigiCert Global Root G2' },
    })
  })

  test('is judged by the path to the oldest public root, which most devices hold, where no anchor is known', () => {
    const verdict = judged(edge)
    expect(found(verdict, 'chain-too-large')!.details.pathBytes).toBe(5753)
    expect(found(verdict, 'root-assumed')!.details.rootId).toBe('digicert-global-root-g2')
    expect(verdict.stages.find(({ stage }) => stage === 'path')!.basis).toBe('assumed')
  })

  test('is judged by the path to a newer root where that alone fits', () => {
    const roomy = modem({
      limits: { ...noLimits, chainBytes: limit({ value: 5000, counts: 'path' }) },
      evidence: [],
    })
    const { details } = found(judged(edge, { device: roomy }), 'root-assumed')!
    expect(details.rootId).toBe('microsoft-tls-rsa-root-g2')
  })

  test('both margins are told', () => {
    const { margins } = judged(edge, { trust: holding('microsoft-tls-rsa-root-g2') })
    const left = Object.fromEntries(
      margins.map((margin) => [`${margin.limit} ${margin.counts}`, margin.left]),
    )
    expect(left).toMatchObject({ 'chainBytes sent': 4096 - 5753, 'chainBytes path': 4096 - 4332 })
  })
})

describe('the S3 chain of 2021 against the same limit', () => {
  test('fits by the row that it equals, with both readings', () => {
    const verdict = judged(s3, { trust: holding('amazon-root-ca-1'), now: s3Time })
    expect(verdict.state).toBe('fits')
    expect(found(verdict, 'chain-size-witnessed')).toMatchObject({
      effect: 'info',
      details: { sentBytes: 5307, pathBytes: 2988, limitBytes: 4096, row: 'AWS S3, 2024' },
    })
    expect(verdict.stages.find(({ stage }) => stage === 'chain')!.basis).toBe('witnessed')
    expect(found(verdict, 'superfluous-certificates')!.details).toEqual({
      indexes: [2, 3],
      bytes: 2319,
      why: 'unused',
    })
  })

  test('without that row it is undecided and leans to fit, since another row speaks against counting what is sent', () => {
    const evidence = modem().evidence.filter(({ id }) => id !== 'aws-s3')
    const verdict = judged(s3, {
      trust: holding('amazon-root-ca-1'),
      now: s3Time,
      device: modem({ evidence }),
    })
    expect(verdict).toMatchObject({ state: 'undecided', leans: 'fits' })
    expect(found(verdict, 'chain-size-undecided')!.details).toMatchObject({
      sentBytes: 5307,
      pathBytes: 2988,
    })
    expect(verdict.missing).toContainEqual(
      expect.objectContaining({ needs: 'measured-limit', about: 'chainBytes' }),
    )
  })

  test('without any row it leans nowhere', () => {
    const device = modem({ evidence: [] })
    const verdict = judged(s3, { trust: holding('amazon-root-ca-1'), now: s3Time, device })
    expect(verdict).toMatchObject({ state: 'undecided', leans: undefined })
  })

  test('with the old root held the path is 4,162 bytes: over in both ways, and the newer root would cure it', () => {
    const verdict = judged(s3, { trust: holding('starfield-services-root-g2'), now: s3Time })
    const finding = found(verdict, 'chain-too-large')!
    expect(finding).toMatchObject({ effect: 'blocks', details: { pathBytes: 4162 } })
    expect(finding.fixes.map(({ id }) => id).slice(0, 2)).toEqual(['front-small-chain', 'load-root'])
    expect(finding.fixes[1]!.with.rootId).toBe('amazon-root-ca-1')
  })
})

describe('one certificate', () => {
  const module = (bytes: number, atLeast?: number) =>
    device({
      limits: { ...noLimits, certificateBytes: limit({ value: bytes, atLeast, counts: 'certificate' }) },
    })
  const visualStudio = pemOf('chain-dc-services-visualstudio-2020')

  test('of 3,206 bytes does not fit 2,560, and its weight is taken apart', () => {
    const verdict = judged(visualStudio, { device: module(2560, 2500) })
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'chain' })
    expect(found(verdict, 'cert-too-large')).toMatchObject({
      cause: 'cert-too-large',
      details: { index: 0, certificateBytes: 3206, limitBytes: 2560, overBytes: 646 },
    })
    const { details } = found(verdict, 'heavy-certificate')!
    expect(details.names).toBeGreaterThan(20)
    const { namesBytes, sctBytes, keyBytes, signatureBytes, otherBytes } = details
    expect(namesBytes + sctBytes + keyBytes + signatureBytes + otherBytes).toBe(3206)
  })

  test('of 2,508 bytes between 2,500 and 2,560 is undecided', () => {
    const verdict = judged(pemOf('chain-login-microsoftonline-2020'), { device: module(2560, 2500) })
    expect(found(verdict, 'cert-size-undecided')).toMatchObject({
      effect: 'unknown',
      details: { certificateBytes: 2508, lowBytes: 2500, highBytes: 2560 },
    })
    expect(verdict.state).toBe('undecided')
  })

  test('within a tenth of the limit is a risk', () => {
    const verdict = judged(visualStudio, { device: module(3300) })
    expect(found(verdict, 'limit-near')!.details).toEqual({
      limit: 'certificateBytes',
      value: 3206,
      limitValue: 3300,
      left: 94,
    })
  })
})

describe('the Certificate message', () => {
  const buffer = (bytes: number) =>
    device({ limits: { ...noLimits, handshakeMessageBytes: limit({ value: bytes, counts: 'message' }) } })

  test('of 5,769 bytes with its header does not fit a buffer of 5,768', () => {
    expect(found(judged(edge, { device: buffer(5768) }), 'message-too-large')!.details).toEqual({
      messageBytes: 5769,
      limitBytes: 5768,
      overBytes: 1,
    })
  })

  test('fits a buffer of 5,769, nearly full', () => {
    expect(idsOf(judged(edge, { device: buffer(5769) }), 'blocks')).toEqual([])
    expect(idsOf(judged(edge, { device: buffer(5769) }), 'risks')).toContain('limit-near')
  })

  test('of an unknown chain limit says nothing where the message has a limit', () => {
    const verdict = judged(edge, { device: buffer(16_384), ordinary: { chainBytes: 100 } })
    expect(idsOf(verdict)).not.toContain('chain-size-unusual')
  })
})

describe('a device of which no limit is known', () => {
  test('is undecided only where the chain is larger than servers ordinarily send', () => {
    const unknown = (chainBytes: number) => judged(edge, { device: device(), ordinary: { chainBytes } })
    expect(idsOf(unknown(5752))).toContain('chain-size-unusual')
    expect(idsOf(unknown(5753))).not.toContain('chain-size-unusual')
    expect(unknown(5753).missing).toContainEqual(expect.objectContaining({ about: 'chainBytes' }))
    expect(unknown(5753).stages).toContainEqual({ stage: 'chain', state: 'fits', basis: 'assumed' })
  })

  test('is undecided over one certificate of unusual size, unless a limit of the whole bounds it', () => {
    const ordinary = { chainBytes: 5800, certificateBytes: 2300 }
    const bounded = device({ limits: { ...noLimits, chainBytes: limit({ value: 8192, counts: 'sent' }) } })
    expect(found(judged(edge, { device: device(), ordinary }), 'cert-size-unusual')).toMatchObject({
      effect: 'unknown',
      details: { index: 0, certificateBytes: 2352, ordinaryBytes: 2300 },
    })
    expect(idsOf(judged(edge, { device: bounded, ordinary }))).not.toContain('cert-size-unusual')
  })

  test('is undecided over an RSA key of unusual size', () => {
    const verdict = judged(edge, { device: device(), ordinary: { rsaKeyBits: 2048 } })
    expect(found(verdict, 'rsa-key-unproved')).toMatchObject({
      effect: 'unknown',
      details: { keyBits: 4096 },
    })
  })
})

describe('a message cut over several records', () => {
  const cut = {
    direction: 'received',
    name: 'Certificate',
    messageBytes: 5769,
    largestRecordBytes: 2000,
    atMs: 60,
  } as const
  const seen = (records: number) =>
    dial([
      connection({
        messages: [{ ...cut, records }],
        chain: chainOf(realChain('chain-edge-microsoft-com-g2')),
      }),
    ])
  const buffered = device({
    limits: { ...noLimits, handshakeMessageBytes: limit({ value: 16_384, counts: 'message' }) },
  })

  test('is open for a stack that takes one message in one record', () => {
    expect(found(judged(seen(3), { device: buffered }), 'message-fragmented')).toMatchObject({
      effect: 'unknown',
      details: { message: 'Certificate', messageBytes: 5769, records: 3 },
    })
  })

  test('blocks a stack that is known not to join', () => {
    const handshakeFragments = { value: 'refused', source: 'test', confidence: 'measured' } as const
    const verdict = judged(seen(3), { device: device({ handshakeFragments }) })
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'chain' })
    expect(found(verdict, 'message-fragmented')).toMatchObject({ effect: 'blocks' })
  })

  test('is nothing for a stack that is known to join', () => {
    const handshakeFragments = { value: 'joined', source: 'test', confidence: 'measured' } as const
    const joining = { ...buffered, handshakeFragments }
    expect(idsOf(judged(seen(3), { device: joining }))).not.toContain('message-fragmented')
  })

  test('is nothing for other stacks, nor a message in one record for this one', () => {
    expect(idsOf(judged(seen(3), { device: device() }))).not.toContain('message-fragmented')
    expect(idsOf(judged(seen(1), { device: buffered }))).not.toContain('message-fragmented')
  })
})

test('a certificate that cannot be read is told, its bytes count, and nothing is thrown', () => {
  const [leaf, issuer] = realChain('chain-edge-microsoft-com-g2')
  const broken = leaf!.der.slice(0, -5)
  const chain = { ...chainOf([leaf!, issuer!])!, certificates: [broken, issuer!.der] }
  const verdict = judged(dial([connection({ chain })]), { trust: holdingUnknown() })
  expect(found(verdict, 'protocol-violation')).toMatchObject({ stage: 'chain', effect: 'unknown' })
  expect(verdict.margins.find(({ counts }) => counts === 'sent')!.value).toBe(
    broken.length + issuer!.der.length,
  )
})
