import { describe, expect, test } from 'vitest'
import { device } from '../../test/support/judge-devices.ts'
import { chainOf, connection, dial } from '../../test/support/judge-observations.ts'
import { type SmallCertificate, small } from '../../test/support/small-pki.ts'
import { bundleMisses } from './bundle-search.ts'
import { viewHosts } from './host-views.ts'
import { planRoots } from './root-plan.ts'

const old = small({ name: 'Old Root', ca: true })
const root = small({ name: 'New Root', ca: true })
const bridge = small({ name: 'New Root', ca: true, issuer: old })
const issuing = small({ name: 'Issuing', ca: true, issuer: root })
const leaf = small({ name: 'ota.test', issuer: issuing, altNames: ['ota.test'] })

/** What a bundle of these roots would miss of a plan made for this chain. */
function missed(sent: readonly SmallCertificate[], roots: readonly SmallCertificate[]) {
  const chain = chainOf(sent)
  const target = { host: 'ota.test', text: 'ota.test' }
  const given = roots.map((certificate) => ({ certificate, label: 'root.pem' }))
  const { hosts, chosen } = planRoots({
    device: device(),
    hosts: viewHosts([dial([connection({ host: 'ota.test', chain })], {}, target)]),
    sources: { known: [], store: [], given, held: [], fetched: [] },
    verify: 'full',
    now: new Date('2026-09-01T00:00:00Z'),
    serviceEnd: new Date('2028-09-01T00:00:00Z'),
    ordinary: undefined,
  })
  expect(chosen).toHaveLength(1)
  return bundleMisses(hosts, roots).map(({ host, issuer }) => [host, issuer.commonName])
}

describe('a bundle is asked for the issuer of the last certificate that is sent', () => {
  test('which is found where the chain ends below the root', () => {
    expect(missed([leaf, issuing], [root])).toEqual([])
  })

  test('which is another where the root is sent cross-signed', () => {
    expect(missed([leaf, issuing, bridge], [root])).toEqual([['ota.test', 'Old Root']])
  })

  test('which is found where that other is the root that was chosen', () => {
    expect(missed([leaf, issuing, bridge], [old])).toEqual([])
  })

  test('which is the root itself where the server sends it too', () => {
    expect(missed([leaf, issuing, root], [root])).toEqual([])
    expect(missed([leaf, issuing, bridge, old], [root])).toEqual([['ota.test', 'Old Root']])
  })
})
