import { describe, expect, test } from 'vitest'
import { resolveDevice } from '../src/device/catalogue.ts'
import type { Device } from '../src/device/device.ts'
import { openCatalogue } from '../src/io/catalogue-files.ts'
import { compareWithDevice, type Demand, exactly } from '../src/judge/limits.ts'
import {
  chainOf,
  connection,
  dial,
  found,
  holding,
  holdingUnknown,
  judged,
  pemOf,
  records,
} from './support/judge-observations.ts'
import { realChain } from './support/real-certificates.ts'

/** What devices are known to have taken and refused: no verdict may contradict a row. Sizes are DER. */
const catalogue = openCatalogue()
const modems = ['nrf9160@1.1.2', 'nrf9160@1.2.0', 'nrf9160@1.3.7', 'nrf91x1@2.0.1'].map(deviceOf)
const modem = deviceOf('nrf9160@1.3.7')
const edge = pemOf('chain-edge-microsoft-com-g2', 'edge.microsoft.com')
const s3 = pemOf('chain-aws-s3-eu-west-1', 'bucket.s3-eu-west-1.amazonaws.com')

function deviceOf(id: string): Device {
  return resolveDevice(id, catalogue)
}

function sizes(sent: number, path: number | undefined): Demand {
  return { sent: exactly(sent), path: path === undefined ? { least: 0, most: sent } : exactly(path) }
}

describe.each(
  modems.map((device) => [device.id, device] as const),
)('%s, server certificate chain', (_, device) => {
  const chain = (sent: number, path?: number) => compareWithDevice(device, 'chainBytes', sizes(sent, path))

  test('Azure Blob, old chain: 3,640 sent, all of it needed: accepted', () => {
    expect(chain(3640, 3640)).toMatchObject({ outcome: 'fits', by: 'row' })
  })

  test('AWS IoT ATS: 4,879 sent, 2,560 needed with Amazon Root CA 1: accepted', () => {
    expect(chain(4879, 2560)).toMatchObject({ outcome: 'fits', by: 'row', overInSomeWay: true })
  })

  test('AWS S3 of 2021: 5,307 sent, 2,988 needed: accepted', () => {
    expect(chain(5307, 2988)).toMatchObject({ outcome: 'fits', by: 'row', overInSomeWay: true })
  })

  test('course broker: 5,279 sent, path unknown: refused, so never fits', () => {
    expect(['over', 'open']).toContain(chain(5279).outcome)
    expect(chain(5279, 5279).outcome).toBe('over')
  })

  test('Azure Blob, new chain, DigiCert Global Root G2 held: about 5,750 sent and needed: refused', () => {
    expect(chain(5751, 5751).outcome).toBe('over')
  })

  test('the same with Microsoft TLS RSA Root G2 held: about 4,330 needed: refused', () => {
    expect(chain(5751, 4330)).toMatchObject({ outcome: 'over', by: 'row' })
  })

  test('between the rows nothing is blocked that only one way of counting is against', () => {
    expect(chain(5600, 3900)).toMatchObject({ outcome: 'open', leans: 'fits' })
  })
})

describe('the same rows as real chains', () => {
  for (const root of ['digicert-global-root-g2', 'microsoft-tls-rsa-root-g2']) {
    test(`nRF9160 with ${root} held: blocked by the Azure chain of 2026, errno 111`, () => {
      const verdict = judged(edge, { device: modem, trust: holding(root) })
      expect(verdict).toMatchObject({ state: 'blocked', stage: 'chain' })
      const finding = found(verdict, 'chain-too-large')!
      expect(finding.deviceWords!.code).toMatch(/111/)
      expect(finding.limit!.source).toMatch(/devzone/)
      expect(finding.fixes[0]!.id).toBe('front-small-chain')
      expect(finding.fixes.map(({ id }) => id)).not.toContain('load-root')
    })
  }

  test('nRF9160 with Amazon Root CA 1 held: the S3 chain of 2021 fits, witnessed', () => {
    const verdict = judged(s3, {
      device: modem,
      trust: holding('amazon-root-ca-1'),
      now: new Date('2022-01-01T00:00:00Z'),
    })
    expect(verdict.findings.filter(({ effect }) => effect === 'unknown' || effect === 'blocks')).toEqual([])
    expect(['fits', 'at-risk']).toContain(verdict.state)
    expect(found(verdict, 'chain-size-witnessed')!.details).toMatchObject({
      sentBytes: 5307,
      pathBytes: 2988,
    })
    expect(verdict.stages.find(({ stage }) => stage === 'chain')!.basis).toBe('witnessed')
  })

  test('ESP-IDF is not blocked by the Azure chain', () => {
    const verdict = judged(edge, {
      device: deviceOf('esp-idf@5.2'),
      trust: holding('digicert-global-root-g2'),
    })
    expect(['fits', 'at-risk']).toContain(verdict.state)
  })
})

describe('nRF91, application data records', () => {
  const record = (bytes: number) => compareWithDevice(modem, 'recordBytes', { record: exactly(bytes) })

  test('up to 2,048 bytes fit; 2,303 and 2,048 are both documented, so between them it is open; above, over', () => {
    expect(['fits', 'near']).toContain(record(2048).outcome)
    expect(record(2049)).toMatchObject({ outcome: 'open', low: 2048, high: 2303 })
    expect(record(2303).outcome).toBe('open')
    expect(record(2304).outcome).toBe('over')
  })

  test('a Certificate message in one record of 5 kB is not held against the record limit', () => {
    const chain = chainOf(realChain('chain-aws-s3-eu-west-1'))
    const seen = dial([connection({ chain, host: 's3.example' })], {}, { host: 's3.example' })
    const verdict = judged(seen, { device: modem, trust: holding('amazon-root-ca-1') })
    expect(found(verdict, 'record-too-large')).toBeUndefined()
  })

  test('16 kB records of a download are', () => {
    const seen = dial([connection({ records: records(500, [16_384, 3]) })])
    const verdict = judged(seen, { device: modem })
    expect(found(verdict, 'record-too-large')!.details).toMatchObject({
      recordBytes: 16_384,
      limitBytes: 2303,
      offset: 500,
    })
  })
})

describe('SPWF04Sx', () => {
  const module = deviceOf('spwf04sx')
  const [leaf, issuer] = realChain('chain-dc-services-visualstudio-2020')

  test('the leaf of 3,813 bytes is refused with alert certificate_unknown; the intermediate of 1,464 never was', () => {
    const der = new Uint8Array(3813)
    der.set(leaf!.der)
    const chain = { ...chainOf([leaf!, issuer!])!, certificates: [der, issuer!.der] }
    const verdict = judged(dial([connection({ chain })]), {
      device: module,
      trust: holding('baltimore-cybertrust-root'),
    })
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'chain' })
    const refused = verdict.findings.filter(({ id }) => id === 'cert-too-large')
    expect(refused.map(({ details }) => details)).toEqual([
      expect.objectContaining({ index: 0, certificateBytes: 3813, limitBytes: 2560 }),
    ])
    expect(refused[0]!.deviceWords!.code).toMatch(/46/)
    expect(compareWithDevice(module, 'certificateBytes', { certificate: exactly(1464) })).toMatchObject({
      outcome: 'fits',
      by: 'row',
    })
  })

  test('between 2,500 and 2,560 it is undecided', () => {
    const outcome = (bytes: number) =>
      compareWithDevice(module, 'certificateBytes', { certificate: exactly(bytes) }).outcome
    expect(outcome(2500)).toBe('near')
    expect(outcome(2501)).toBe('open')
    expect(outcome(2560)).toBe('open')
    expect(outcome(2561)).toBe('over')
  })

  test('1,475 bytes for what is stored: the Microsoft root fits as DER and not as PEM', () => {
    const verdict = judged(edge, { device: module, trust: holding('microsoft-tls-rsa-root-g2') })
    expect(found(verdict, 'anchor-too-large')).toMatchObject({
      effect: 'risks',
      details: { derBytes: 1412, limitBytes: 1475 },
      fixes: [{ id: 'store-as-der' }],
    })
  })
})

test('no row of evidence/ is contradicted by the limit of a device that it holds for', () => {
  const ids = catalogue.families.filter((family) => catalogue.profile(family)!.runsOn.length === 0)
  let compared = 0
  for (const family of ids) {
    const device = deviceOf(family)
    for (const row of device.evidence) {
      const demand = Object.fromEntries(
        Object.entries(row.readings).map(([way, value]) => [way, exactly(value ?? 0)]),
      ) as Demand
      const filled = row.readings.sent !== undefined && row.readings.path === undefined
      const asked = filled ? { ...demand, path: { least: 0, most: row.readings.sent! } } : demand
      const { outcome } = compareWithDevice(device, row.limit, asked)
      compared++
      expect([row.id, row.limit, outcome]).not.toContain(row.outcome === 'accepted' ? 'over' : 'fits')
    }
  }
  expect(compared).toBeGreaterThan(10)
})

test('a chain with a public root and no anchor given says which root it takes', () => {
  const verdict = judged(s3, {
    device: modem,
    trust: holdingUnknown(),
    now: new Date('2022-01-01T00:00:00Z'),
  })
  expect(verdict.state).not.toBe('blocked')
  expect(found(verdict, 'root-assumed')!.details.rootId).toBe('amazon-root-ca-1')
})
