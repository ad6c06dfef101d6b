import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { catalogueDevice, deviceIds } from '../../test/support/catalogue-devices.ts'
import { chainOf, connection, dial, exchange, pemOf } from '../../test/support/judge-observations.ts'
import { realChain } from '../../test/support/real-certificates.ts'
import { small } from '../../test/support/small-pki.ts'
import { openForecast } from '../io/forecast-files.ts'
import { openKnownRoots } from '../io/root-files.ts'
import type { Observation } from '../observe/observation.ts'
import type { CalendarEntry } from '../trust/calendar.ts'
import { parseCalendar } from '../trust/calendar-file.ts'
import type { TrustStore } from '../trust/trust-store.ts'
import { chainAlone } from './changed-chain.ts'
import { judge } from './judge.ts'
import type { JudgeInput } from './judge-input.ts'
import { judgeOutlook, timingOf } from './judge-outlook.ts'
import type { Outlook } from './outlook.ts'
import type { Forecast } from './replaying.ts'

const forecast = openForecast(openKnownRoots(), [])
const now = new Date('2026-09-01T00:00:00Z')

const known = openKnownRoots()
const holdingUnknown: TrustStore = { held: undefined, origin: 'unknown', known }

function holding(...ids: readonly string[]): TrustStore {
  const held = known.filter(({ id }) => ids.includes(id))
  return { held: held.map(({ id, certificate }) => ({ certificate, label: id })), origin: 'given', known }
}

/** An input, today's verdict and its outlooks. */
function ahead(
  observation: Observation,
  { trust = holdingUnknown, device = 'nrf9160@1.3.7', at = now, by = forecast } = {} as {
    trust?: TrustStore
    device?: string
    at?: Date
    by?: Forecast
  },
) {
  const input: JudgeInput = { observation, device: catalogueDevice(device), trust, verify: 'full', now: at }
  const today = judge(input)
  return { today, outlooks: judgeOutlook(input, today, by) }
}

function byId(outlooks: readonly Outlook[], id: string): Outlook {
  return outlooks.find((one) => one.id === id) ?? expect.fail(`no outlook ${id}`)
}

/** One entry in the form of the data files. */
function entry(yaml: string): Forecast {
  const head = `entries:\n  - { id: own, title: own, dateKind: planned, owner: me, services: [all], change: it, affects: [chain-bytes], status: announced, confidence: high, sources: ['https://example.com/'], `
  return { ...forecast, calendar: parseCalendar(new Map([['own.yaml', `${head}${yaml} }\n`]])) }
}

const g2 = pemOf('chain-edge-microsoft-com-g2', 'edge.microsoft.com')
const oldAzure = chainAlone(
  g2,
  [
    small({ name: 'blob.example', altNames: ['edge.microsoft.com'] }),
    ...realChain('int-microsoft-azure-rsa-tls-issuing-ca-04-xsigned-by-digicert'),
  ].map(({ der }) => der),
)

const expiringSas = {
  place: 'query',
  parameters: ['se', 'sig'],
  startsAt: undefined,
  expiresAt: new Date('2026-09-02T00:00:00Z'),
  doublyEncoded: false,
} as const

describe('what concerns a chain', () => {
  test('the end of a cross-sign blocks who holds the old root alone, and not who holds the new one', () => {
    const drop = (trust: TrustStore) =>
      byId(ahead(g2, { trust, device: 'openssl' }).outlooks, 'azure-g2-bridge-expiry')
    const old = drop(holding('digicert-global-root-g2'))
    expect(old).toMatchObject({ state: 'blocked', stage: 'path', timing: 'ahead' })
    expect(old.findings.map(({ id }) => id)).toContain('untrusted-root')
    const both = drop(holding('digicert-global-root-g2', 'microsoft-tls-rsa-root-g2'))
    expect(both.state).toBe('fits')
  })

  test('where it is not known what is held, a chain that leads to another root is open, never good', () => {
    const { outlooks } = ahead(g2, { device: 'openssl' })
    const dropped = byId(outlooks, 'azure-g2-bridge-expiry')
    expect(dropped.state).toBe('undecided')
    expect(dropped.needs).toEqual([{ needs: 'anchor', of: ['Microsoft TLS RSA Root G2'] }])
  })

  test('a change that is behind, and that the chain shows no sign of before, is none', () => {
    const ids = ahead(g2).outlooks.map(({ id }) => id)
    expect(ids).not.toContain('azure-g2-regional-rotation')
    expect(ids.filter((id) => id.startsWith('le-'))).toEqual([])
  })

  test('the successor of an issuing CA has no size yet: it can be blocked, and never fits', () => {
    for (const device of ['nrf9160@1.3.7', 'openssl', 'esp-idf@5.2']) {
      const next = byId(ahead(g2, { device }).outlooks, 'azure-g2-issuing-expiry')
      expect(['undecided', 'blocked'], device).toContain(next.state)
      expect(next.after?.unknown).toEqual(['the successor of Microsoft TLS G2 RSA CA OCSP 04'])
    }
  })

  test('the signature of the issuer that stays is in every successor: where that is too much, it is blocked', () => {
    const azure = pemOf('chain-azure-metadata-g2', 'metadata.azure.com')
    const next = byId(
      ahead(azure, { trust: holding('digicert-global-root-g2') }).outlooks,
      'azure-g2-issuing-expiry',
    )
    const [leaf, , bridge] = realChain('chain-azure-metadata-g2').map(({ der }) => der.length)
    // 512 bytes of RSA-4096, the issuer's name, and a key on P-256 at least.
    expect(next.after!.bytes).toBeGreaterThan(leaf! + bridge! + 512 + 91)
    expect(next.after!.bytes).toBeLessThan(5_782)
    expect(next).toMatchObject({ state: 'blocked', stage: 'chain' })
    const open = byId(ahead(azure, { device: 'openssl' }).outlooks, 'azure-g2-issuing-expiry')
    expect(open.state).toBe('undecided')
  })

  test('of the caps on lifetimes those are told that are below the life of today', () => {
    const lives = ahead(g2).outlooks.flatMap(({ lifetime }) => lifetime ?? [])
    expect(lives).toEqual([
      { days: 100, daysNow: 180, pinned: false, renewalsAYear: 4 },
      { days: 47, daysNow: 180, pinned: false, renewalsAYear: 8 },
    ])
  })

  test('a cap in force is told for a leaf issued before it for longer, and caps that are past it are not', () => {
    const at = new Date('2029-04-01T00:00:00Z')
    expect(ahead(g2, { at }).outlooks.filter(({ kind }) => kind === 'lifetime')).toMatchObject([
      { id: 'cabf-sc081-47', timing: 'late', lifetime: { days: 47, daysNow: 180 } },
    ])
    const s3 = pemOf('chain-aws-s3-eu-west-1', 's3.eu-west-1.amazonaws.com')
    const caps = ahead(s3, { at: new Date('2026-11-21T00:00:00Z') }).outlooks.flatMap(
      ({ kind, id, timing }) => (kind === 'lifetime' ? [`${timing} ${id}`] : []),
    )
    expect(caps).toEqual(['late cabf-sc081-200', 'ahead cabf-sc081-100', 'ahead cabf-sc081-47'])
  })

  test('of a leaf that has ended by then it is said that it has', () => {
    const ended = (at: string) =>
      ahead(g2, { at: new Date(at) }).outlooks.flatMap(({ lifetime }) => lifetime?.endedAt ?? [])
    const [leaf = expect.fail()] = realChain('chain-edge-microsoft-com-g2')
    expect(ended('2026-09-01')).toEqual([])
    expect(ended('2029-04-01')).toEqual([leaf.notAfter])
  })

  test('a cap is none for an endpoint whose leaf was issued under it for longer', () => {
    const own = entry(`date: '2020-01-01', replay: { kind: lifetime, days: 47, when: { public: true } }`)
    expect(ahead(g2, { by: own }).outlooks.filter(({ kind }) => kind === 'lifetime')).toEqual([])
  })

  test('that stores drop the root concerns the chain whose verdict assumes that root', () => {
    const azure = pemOf('chain-azure-metadata-g2', 'metadata.azure.com')
    const { outlooks } = ahead(azure, { device: 'esp-idf@5.2', at: new Date('2029-04-01T00:00:00Z') })
    expect(byId(outlooks, 'mozilla-websites-2029')).toMatchObject({ kind: 'store', timing: 'ahead' })
  })

  test('of the roots to come those of other CAs are not asked for', () => {
    const s3 = pemOf('chain-aws-s3-eu-west-1', 's3.eu-west-1.amazonaws.com')
    const amazon = byId(
      ahead(s3, { trust: holding('starfield-services-root-g2') }).outlooks,
      'mozilla-websites-2027',
    )
    expect(amazon.needs).toContainEqual({ needs: 'root', of: ['Amazon Root CA 1'] })
    const microsoft = ahead(g2, { trust: holding('digicert-global-root-g2') }).outlooks
    expect(microsoft.map(({ id }) => id)).not.toContain('digicert-g5-default')
    expect(byId(microsoft, 'mozilla-websites-2029')).toMatchObject({ leans: undefined })
  })

  test('a device that holds the leaf itself is cut off by a renewal: no verdict, but a leaning', () => {
    const [leaf = expect.fail()] = realChain('chain-edge-microsoft-com-g2')
    const held = { ...holdingUnknown, origin: 'given' as const, held: [{ certificate: leaf, label: 'leaf' }] }
    const life = byId(ahead(g2, { trust: held }).outlooks, 'cabf-sc081-100')
    expect(life).toMatchObject({ state: 'undecided', leans: 'blocked', lifetime: { pinned: true } })
    expect(life.needs[0]!.needs).toBe('new-pin')
  })

  test('a private chain is no concern of public CAs', () => {
    const root = small({ name: 'Own Root', ca: true })
    const leaf = small({ name: 'a.example', issuer: root, altNames: ['edge.microsoft.com'] })
    const { outlooks } = ahead(chainAlone(g2, [leaf.der, root.der]))
    expect(outlooks.map(({ kind }) => kind)).toEqual(['post-quantum'])
  })

  test('post-quantum sizes are no verdict, and larger than today by the sizes of FIPS 204', () => {
    const [sizes] = ahead(g2).outlooks.filter(({ kind }) => kind === 'post-quantum')
    expect(sizes).toMatchObject({ state: undefined, findings: [] })
    const [small44, , large] = sizes!.postQuantum!
    expect(large!.chainBytes - small44!.chainBytes).toBe(3 * (2592 - 1312 + 4627 - 2420))
  })
})

describe('a way over several hosts', () => {
  const first = small({
    name: 'first.example',
    altNames: ['first.example'],
    notAfter: '2026-12-01T00:00:00Z',
  })
  const way = dial(
    [
      connection({ host: 'first.example', chain: chainOf([first]) }),
      connection({
        ...{ role: 'redirect', host: 'edge.microsoft.com' },
        chain: chainOf(realChain('chain-edge-microsoft-com-g2')),
        exchanges: [exchange({ status: 403 }, { sas: expiringSas })],
      }),
    ],
    {},
    { host: 'first.example' },
  )
  const trust: TrustStore = {
    ...holding('digicert-global-root-g2', 'microsoft-tls-rsa-root-g2'),
    held: [
      { certificate: first, label: 'first' },
      ...(holding('digicert-global-root-g2', 'microsoft-tls-rsa-root-g2').held ?? []),
    ],
  }

  test('a change at the host of a redirect names it, and the leaf of the first is renewed by then, too', () => {
    const { outlooks } = ahead(way, { device: 'openssl', trust })
    const dropped = byId(outlooks, 'azure-g2-bridge-expiry')
    expect(dropped).toMatchObject({ host: 'edge.microsoft.com', after: { certificates: 2 } })
    expect(dropped.findings.map(({ id }) => id)).not.toContain('cert-expired')
  })

  test('a signature in the URL has its own dates: on a later day the device comes with a new one', () => {
    const { today, outlooks } = ahead(way, { device: 'openssl', trust })
    const seen = (findings: readonly { id: string }[]) => findings.map(({ id }) => id).includes('sas-expired')
    expect(seen(today.findings)).toBe(false)
    expect(seen(byId(outlooks, 'azure-g2-bridge-expiry').findings)).toBe(false)
  })
})

describe('every real chain, for devices of every kind, on several days', () => {
  const replayed = ['nrf9160@1.3.7', 'esp-idf', 'bearssl', 'openssl', 'gnutls', 'wolfssl', 'bg96', 'spwf04sx']
  const chains = [
    'chain-aliyun-5438',
    'chain-aws-s3-eu-west-1',
    'chain-azure-metadata-g2',
    'chain-badssl-expired',
    'chain-badssl-self-signed',
    'chain-dc-services-visualstudio-2020',
    'chain-login-microsoftonline-2020',
    'chain-microsoft-com-2026',
    'chain-missing-intermediate',
  ]

  test.each(chains)('%s: good is certain, blocked has its reason, and late is not ahead', (name) => {
    for (const device of replayed) {
      for (const at of [new Date('2021-01-01'), new Date('2026-03-01'), new Date('2026-11-21')]) {
        for (const one of ahead(pemOf(name), { device, at }).outlooks) {
          if (one.state === 'fits' || one.state === 'at-risk') expect(one.needs, one.id).toEqual([])
          const blocking = one.findings.some(({ effect }) => effect === 'blocks')
          expect(one.state === 'blocked', `${one.id} ${device}`).toBe(blocking)
          if (one.timing === 'late') expect(one.from!.getTime()).toBeLessThanOrEqual(at.getTime())
        }
      }
    }
  }, 60_000)
})

describe('the calendar against the clock', () => {
  const dated = (date: string | undefined) => timingOf({ date } as CalendarEntry, now).timing

  test.each([
    ['2026-09-01', 'late'],
    ['2026-09-02', 'ahead'],
    ['2026-Q3', 'ahead'],
    ['2026-08', 'late'],
    ['2026', 'ahead'],
    [undefined, 'undated'],
  ])('%s seen from 1 September 2026 is %s', (date, timing) => {
    expect(dated(date)).toBe(timing)
  })

  test('a change that is late is judged today', () => {
    const late = timingOf({ date: '2020-01-01' } as CalendarEntry, now)
    expect(late).toMatchObject({ timing: 'late', at: now, from: new Date('2020-01-01') })
  })
})

describe('what is not known is not good', () => {
  const sizes = fc.array(fc.option(fc.integer({ min: 300, max: 9_000 }), { nil: undefined }), {
    minLength: 1,
    maxLength: 4,
  })
  const device = fc.constantFrom(...deviceIds)
  const reissued = (links: readonly (number | undefined)[], keys: boolean) => {
    const above = links.map((bytes, index) => {
      const issuer = index === links.length - 1 ? 'DigiCert Global Root G2' : `Made CA ${index + 1}`
      const size = bytes === undefined ? '' : `, derBytes: ${bytes}`
      const key = keys ? ', key: RSA 2048, signature: sha256WithRSAEncryption' : ''
      return `{ subject: Made CA ${index}, issuer: ${issuer}${size}${key} }`
    })
    const chain = ['{ subject: leaf }', ...above].join(', ')
    const when = '{ leafIssuers: [Microsoft TLS G2 RSA CA OCSP 04] }'
    return entry(`date: '2027-01', chainAfter: [${chain}], replay: { kind: reissue, when: ${when} }`)
  }

  test('a chain with a size, a key or a signature that is not known never fits', () => {
    fc.assert(
      fc.property(sizes, fc.boolean(), device, (links, keys, id) => {
        fc.pre(!keys || links.includes(undefined))
        const { outlooks } = ahead(g2, { device: id, by: reissued(links, keys) })
        expect(['undecided', 'blocked']).toContain(byId(outlooks, 'own').state)
        expect(byId(outlooks, 'own').needs.length).toBeGreaterThan(0)
      }),
      { numRuns: 60 },
    )
  }, 60_000)

  test('a size that is not known blocks only where the known ones are too much by themselves', () => {
    fc.assert(
      fc.property(sizes, device, (links, id) => {
        fc.pre(links.includes(undefined))
        const least = links.map((bytes) => bytes ?? 1)
        const open = byId(ahead(g2, { device: id, by: reissued(links, true) }).outlooks, 'own')
        const larger = byId(ahead(g2, { device: id, by: reissued(least, true) }).outlooks, 'own')
        if (open.state === 'blocked') expect(larger.state).toBe('blocked')
      }),
      { numRuns: 40 },
    )
  }, 60_000)

  test('looking ahead leaves the verdict of today as it was', () => {
    fc.assert(
      fc.property(device, fc.constantFrom(g2, oldAzure), (id, observation) => {
        const { today, outlooks } = ahead(observation, { device: id })
        const again = judge({
          ...{ observation, device: catalogueDevice(id), trust: holdingUnknown },
          ...{ verify: 'full', now },
        })
        expect(outlooks.length).toBeGreaterThan(0)
        expect(today).toEqual(again)
      }),
      { numRuns: 40 },
    )
  }, 60_000)
})

describe('stand-ins', () => {
  const real = realChain('chain-edge-microsoft-com-g2')
  const trust = holding('digicert-global-root-g2')

  /** The very chain of today, of which the calendar knows names, sizes and keys. */
  const same = entry(
    `date: '2026-09-02', chainAfter: [{ subject: leaf }, ${real
      .slice(1)
      .map(
        ({ subject, issuer, der, signatureAlgorithm, notAfter }) =>
          `{ subject: ${subject.commonName}, issuer: ${issuer.commonName}, derBytes: ${der.length}, key: RSA 4096, signature: ${signatureAlgorithm}, until: '${notAfter.toISOString().slice(0, 10)}' }`,
      )
      .join(', ')}], replay: { kind: reissue, when: { public: true } }`,
  )
  const withoutBytes: Forecast = { ...same, pool: [] }

  test.each(deviceIds)('say of a chain what its certificates say: %s', (device) => {
    // Another subject, so that the bytes at hand are not found: all above the leaf stands in.
    const { entries } = withoutBytes.calendar
    const renamed = entries.map((one) => ({
      ...one,
      chainAfter: one.chainAfter?.map((link) => ({
        ...link,
        subject: link.subject === 'leaf' ? 'leaf' : `${link.subject}.`,
        issuer: link.issuer === 'Microsoft TLS RSA Root G2' ? `${link.issuer}.` : link.issuer,
      })),
    }))
    const by = { ...withoutBytes, calendar: { entries: renamed, certificates: [] } }
    const { today, outlooks } = ahead(g2, { device, trust, by })
    const own = byId(outlooks, 'own')
    expect(own.assumed).toContain('stand-ins')
    expect([own.state, own.stage]).toEqual([today.state, today.stage])
    expect(own.asToday).toBe(true)
  })

  test('are no certificates: nobody can take their bytes for one', () => {
    const { outlooks } = ahead(oldAzure, { at: new Date('2026-05-01') })
    const next = byId(outlooks, 'azure-g2-regional-rotation')
    // These are at hand, and read.
    expect(next.assumed).not.toContain('stand-ins')
    expect(next.after).toMatchObject({ certificates: 3, unknown: [] })
  })
})
