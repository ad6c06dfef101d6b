import { describe, expect, test } from 'vitest'
import { device, limit, noLimits, sourced } from '../../test/support/judge-devices.ts'
import { chainOf, connection, dial, pemOf } from '../../test/support/judge-observations.ts'
import { realChain, realRoot } from '../../test/support/real-certificates.ts'
import { type SmallCertificate, small } from '../../test/support/small-pki.ts'
import { resolveDevice } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { openKnownRoots, systemAnchors } from '../io/root-files.ts'
import type { Observation } from '../observe/observation.ts'
import type { Certificate } from '../x509/certificate.ts'
import { viewHosts } from './host-views.ts'
import { nameOf } from './root-candidates.ts'
import { anchorsToStore, type PlanInput, planRoots } from './root-plan.ts'

const now = new Date('2026-09-01T00:00:00Z')
const known = openKnownRoots()
const catalogue = openCatalogue()
const azure = pemOf('chain-edge-microsoft-com-g2')

/** Verifies, follows any path, and takes anything. */
const taking: Partial<Device> = {
  verification: {
    peer: sourced('required'),
    name: sourced('checked'),
    dates: sourced('checked'),
    certificateSignatures: undefined,
    ipAddressSan: undefined,
  },
  trust: {
    leafAnchor: sourced('refused'),
    intermediateAnchor: sourced('accepted'),
    crossSignedTwin: sourced('accepted'),
    wrongOrder: sourced('accepted'),
    sentIntermediates: undefined,
  },
}

function plan(
  observations: readonly Observation[],
  rest: Partial<Omit<PlanInput, 'sources'>> & { sources?: Partial<PlanInput['sources']> } = {},
) {
  return planRoots({
    device: device(taking),
    hosts: viewHosts(observations),
    verify: 'full',
    now,
    serviceEnd: new Date('2036-09-01T00:00:00Z'),
    ordinary: undefined,
    ...rest,
    sources: { known, store: systemAnchors(), given: [], held: [], fetched: [], ...rest.sources },
  })
}

const chosenIds = ({ chosen }: ReturnType<typeof planRoots>) =>
  chosen.map(({ candidate }) => candidate.known?.id ?? nameOf(candidate.certificate))

/** A host that presents these. */
function host(name: string, certificates: readonly Certificate[]): Observation {
  return dial([connection({ host: name, chain: chainOf(certificates) })], {}, { host: name, text: name })
}

function leafOf(issuer: SmallCertificate, name: string): SmallCertificate {
  return small({ name, issuer, altNames: [name] })
}

describe('of the Azure chain with two roots', () => {
  test('the root that lasts longer is chosen, and why not the other', () => {
    const made = plan([azure])
    expect(made.state).toBe('fits')
    expect(chosenIds(made)).toEqual(['microsoft-tls-rsa-root-g2'])
    expect(made.chosen[0]!.life).toMatchObject({ by: 'expiry' })
    const [, other] = made.hosts[0]!.options
    expect(other).toMatchObject({ state: 'fits', pathBytes: 5753, passedOver: 'ends-earlier' })
    expect(other!.life).toMatchObject({ by: 'distrust', bridge: { subject: 'Microsoft TLS RSA Root G2' } })
  })

  test('where the stack refuses a cross-signed twin, the other is', () => {
    const trust = { ...taking.trust!, crossSignedTwin: sourced('refused' as const) }
    const made = plan([azure], { device: device({ ...taking, trust }) })
    expect(chosenIds(made)).toEqual(['digicert-global-root-g2'])
    expect(made.hosts[0]!.options[1]).toMatchObject({ state: 'blocked', passedOver: 'blocked' })
  })

  test('no root helps an nRF9160, and both are named with what blocks them', () => {
    const made = plan([azure], { device: resolveDevice('nrf9160@1.3.7', catalogue) })
    expect(made).toMatchObject({ state: 'blocked', chosen: [] })
    expect(made.hosts[0]!.reasons.map(({ id }) => id)).toEqual(['chain-too-large'])
    expect(made.hosts[0]!.options.map(({ state }) => state)).toEqual(['blocked', 'blocked'])
  })

  test('a root that the device holds already needs no storing and is preferred', () => {
    const held = [{ certificate: realRoot('digicert-global-root-g2'), label: 'held.pem' }]
    const made = plan([azure], { sources: { held } })
    expect(chosenIds(made)).toEqual(['digicert-global-root-g2'])
    expect(anchorsToStore(made)).toEqual([])
    expect(made.hosts[0]!.options[1]!.passedOver).toBe('not-held')
  })
})

describe('a set for several hosts', () => {
  const root = small({ name: 'Old Root', ca: true, notAfter: '2046-01-01T00:00:00Z' })
  const other = small({ name: 'Other Root', ca: true, notAfter: '2046-01-01T00:00:00Z' })
  /** The other root, issued by the old one: hosts that send it are reached with either. */
  const bridge = small({ name: 'Other Root', ca: true, issuer: root, notAfter: '2029-01-01T00:00:00Z' })
  const api = host('api.example', [leafOf(root, 'api.example')])
  const files = host('files.example', [leafOf(other, 'files.example')])
  const bridged = host('files.example', [leafOf(other, 'files.example'), bridge])
  const given = [root, other].map((certificate) => ({ certificate, label: 'mine.pem' }))
  const own = { sources: { given } }

  test('has a root for each where they differ', () => {
    const made = plan([api, files], own)
    expect(chosenIds(made).sort()).toEqual(['Old Root', 'Other Root'])
    expect(made.hosts.map(({ view, state }) => [view.host, state])).toEqual([
      ['api.example', 'fits'],
      ['files.example', 'fits'],
    ])
    expect(made.chosen.find(({ candidate }) => candidate.certificate === root)?.hosts).toEqual([
      'api.example',
    ])
  })

  test('is one root where a cross-sign leads both to it, and the set that lasts longer is told', () => {
    const made = plan([api, bridged], own)
    expect(chosenIds(made)).toEqual(['Old Root'])
    expect(made.chosen[0]!.life).toMatchObject({ by: 'cross-sign', until: bridge.notAfter })
    expect(made.lasting?.roots.map(({ certificate }) => nameOf(certificate)).sort()).toEqual([
      'Old Root',
      'Other Root',
    ])
    expect(made.lasting?.until).toEqual(root.notAfter)
  })

  test('that outgrows the bundle of the device is none', () => {
    const storedAnchorBytes = limit({ value: root.der.length + 10, counts: 'bundle' })
    const tight = device({ ...taking, limits: { ...noLimits, storedAnchorBytes } })
    expect(plan([api], { ...own, device: tight })).toMatchObject({
      state: 'fits',
      chosen: [{ storedAs: 'der' }],
    })
    expect(plan([api, files], { ...own, device: tight })).toMatchObject({ state: 'blocked', chosen: [] })
    expect(plan([api, bridged], { ...own, device: tight })).toMatchObject({ state: 'fits' })
  })

  test('covers every chain that a host presents at its addresses', () => {
    const made = plan([api, host('api.example', [leafOf(other, 'api.example')])], own)
    expect(made.hosts).toHaveLength(1)
    expect(chosenIds(made).sort()).toEqual(['Old Root', 'Other Root'])
  })

  test('of a redirect has the root of the host that it leads to', () => {
    const legs = dial(
      [
        connection({ host: 'api.example', chain: chainOf([leafOf(root, 'api.example')]) }),
        connection({
          role: 'redirect',
          host: 'files.example',
          chain: chainOf([leafOf(other, 'files.example')]),
        }),
      ],
      {},
      { host: 'api.example' },
    )
    const made = plan([legs], own)
    expect(made.hosts.map(({ view }) => view.host)).toEqual(['api.example', 'files.example'])
    expect(chosenIds(made).sort()).toEqual(['Old Root', 'Other Root'])
  })

  test('leaves a host open that was not reached', () => {
    const nobody = dial([], {}, { host: 'gone.example', text: 'gone.example' })
    const made = plan([api, nobody], own)
    expect(made.state).toBe('undecided')
    expect(made.hosts.map(({ state }) => state)).toEqual(['fits', 'unseen'])
  })
})

describe('a leaf', () => {
  const root = small({ name: 'Hidden Root', ca: true })
  const issuing = small({ name: 'Issuing CA', ca: true, issuer: root, notAfter: '2027-01-01T00:00:00Z' })
  const leaf = leafOf(issuing, 'api.example')
  const seen = host('api.example', [leaf, issuing])

  test('is never the anchor, also where the user gives it', () => {
    const made = plan([seen], { sources: { given: [{ certificate: leaf, label: 'leaf.pem' }] } })
    expect(chosenIds(made)).toEqual([])
    expect(made.hosts[0]!.options).toEqual([])
  })

  test('has its issuing CA as a stopgap where the root is not known', () => {
    const made = plan([seen])
    expect(made.state).toBe('undecided')
    expect(made.hosts[0]!.stopgap).toMatchObject({ state: 'fits', life: { until: issuing.notAfter } })
    expect(nameOf(made.hosts[0]!.stopgap!.candidate.certificate)).toBe('Issuing CA')
  })

  test('that signed itself is its own root', () => {
    const alone = small({ name: 'api.example', altNames: ['api.example'] })
    const made = plan([host('api.example', [alone])])
    expect(made.chosen.map(({ candidate }) => candidate.kind)).toEqual(['self-signed-leaf'])
  })
})

test('the API and the file CDN of Memfault need different roots, and those of its SDK are known to be there', () => {
  const memfault = resolveDevice('nrf9160@1.3.4+ncs@2.4.2+memfault@0.43.3', catalogue)
  const made = plan([pemOf('chain-aws-s3-eu-west-1'), pemOf('int-microsoft-azure-rsa-tls-issuing-ca-04')], {
    device: memfault,
    now: new Date('2021-06-01T00:00:00Z'),
  })
  expect(chosenIds(made).sort()).toEqual(['amazon-root-ca-1', 'microsoft-rsa-root-2017'])
  expect(
    made.chosen.map(({ candidate, missingFromBundle }) => [candidate.known?.id, missingFromBundle]),
  ).toEqual(
    expect.arrayContaining([
      ['amazon-root-ca-1', false],
      ['microsoft-rsa-root-2017', true],
    ]),
  )
  expect(anchorsToStore(made).map(nameOf)).toEqual([nameOf(realRoot('microsoft-rsa-root-2017'))])
})

test('an issuer that was fetched names the root, and does not mend a chain that lacks it', () => {
  const [leaf, issuing] = realChain('chain-edge-microsoft-com-g2')
  const alone = host('edge.microsoft.com', [leaf!])
  expect(plan([alone]).hosts[0]!.options).toEqual([])
  const made = plan([alone], { sources: { fetched: [issuing!] } })
  expect(made.state).toBe('blocked')
  expect(made.hosts[0]!.options.map(({ candidate }) => candidate.known?.id)).toEqual([
    'microsoft-tls-rsa-root-g2',
  ])
  expect(made.hosts[0]!.stopgap?.candidate.certificate.sha256).toBe(issuing!.sha256)
})

test('a root stays the right one where the leaf has ended or names another host, and the host is blocked all the same', () => {
  const root = small({ name: 'A Root', ca: true, notAfter: '2046-01-01T00:00:00Z' })
  const ended = small({
    name: 'api.example',
    issuer: root,
    altNames: ['api.example'],
    notBefore: '2025-01-01T00:00:00Z',
    notAfter: '2026-02-01T00:00:00Z',
  })
  const given = [{ certificate: root, label: 'mine.pem' }]
  for (const [observation, id] of [
    [host('api.example', [ended]), 'cert-expired'],
    [host('api.example', [leafOf(root, 'other.example')]), 'name-mismatch'],
  ] as const) {
    const made = plan([observation], { sources: { given } })
    expect(chosenIds(made)).toEqual(['A Root'])
    expect(made.state).toBe('blocked')
    expect(made.hosts[0]!.reasons.map((reason) => reason.id)).toEqual([id])
  }
})
