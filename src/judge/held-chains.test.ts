import { describe, expect, test } from 'vitest'
import { device, limit, noLimits, sourced } from '../../test/support/judge-devices.ts'
import { realChain } from '../../test/support/real-certificates.ts'
import { resolveDevice } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { openIssuing } from '../io/issuing-file.ts'
import { openKnownRoots } from '../io/root-files.ts'
import { findHeldChains } from './held-chains.ts'

const known = openKnownRoots()
const issued = openIssuing(known)
const now = new Date('2026-11-21T00:00:00Z')

function hold(of: Device, ...ids: readonly string[]) {
  const held = ids.map((id) => ({
    certificate: known.find((root) => root.id === id)!.certificate,
    label: `${id}.pem`,
  }))
  return findHeldChains(held, issued, of, known, now)
}

const chain = (made: ReturnType<typeof hold>, id: string) => made.chains.find((one) => one.issued.id === id)

describe('a device that holds a root', () => {
  test('is told the chains that end in it, by size, and the others as elsewhere', () => {
    const made = hold(device(), 'isrg-root-x1')
    expect(made.chains.map(({ issued: { id }, pathBytes }) => [id, pathBytes])).toEqual([
      ['le-y-ecdsa', 3398],
      ['le-y-rsa', 4059],
    ])
    expect(made.elsewhere.map(({ id }) => id)).toContain('gts-ecdsa-short')
  })

  test('is not told of one that is too large for it', () => {
    const small = device({ limits: { ...noLimits, chainBytes: limit({ value: 4000, counts: 'sent' }) } })
    const made = hold(small, 'isrg-root-x1')
    expect(made.chains.map(({ issued: { id }, state }) => [id, state])).toEqual([
      ['le-y-ecdsa', 'fits'],
      ['le-y-rsa', 'blocked'],
    ])
    expect(made.chains[1]!.because).toEqual([{ kind: 'limit', limit: 'chainBytes', value: 4059, max: 4000 }])
  })

  test('with little left for a leaf of which only a model is known, it is not said to fit', () => {
    const limits = { ...noLimits, chainBytes: limit({ value: 4096, counts: 'sent' }) }
    expect(chain(hold(device({ limits }), 'isrg-root-x1'), 'le-y-rsa')).toMatchObject({
      state: 'undecided',
      because: [{ kind: 'limit', limit: 'chainBytes', value: 4059, max: 4096 }],
    })
  })

  test('of RSA alone gets no ECDSA leaf, and one of 2,048 bits no larger key', () => {
    const hello = { ...device().hello, cipherSuites: sourced(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']) }
    expect(chain(hold(device({ hello }), 'isrg-root-x1'), 'le-y-ecdsa')).toMatchObject({
      state: 'blocked',
      because: [{ kind: 'no-suite' }],
    })
    const limits = { ...noLimits, rsaKeyBits: limit({ value: 2048, counts: 'bits' }) }
    expect(chain(hold(device({ limits }), 'isrg-root-x1'), 'le-y-rsa')).toMatchObject({ state: 'blocked' })
  })

  test('whose cross-signed twin is sent is asked how its stack treats that', () => {
    const twin = (value: 'accepted' | 'refused' | undefined) =>
      device({ trust: { ...device().trust, crossSignedTwin: value && sourced(value) } })
    const states = ([undefined, 'accepted', 'refused'] as const).map(
      (value) => chain(hold(twin(value), 'isrg-root-x2'), 'le-y-ecdsa')?.state,
    )
    expect(states).toEqual(['undecided', 'fits', 'blocked'])
  })

  test('is not told that a chain of unknown size fits a limit that it may pass', () => {
    const limits = { ...noLimits, chainBytes: limit({ value: 3000, counts: 'sent' }) }
    expect(chain(hold(device({ limits }), 'gts-root-r1'), 'gts-rsa-short')).toMatchObject({
      state: 'undecided',
      sentBytes: undefined,
    })
  })

  test('that has ended is told of none', () => {
    const made = hold(device(), 'baltimore-cybertrust-root')
    expect(made.chains).toEqual([])
    expect(made.without.map(({ label }) => label)).toEqual(['baltimore-cybertrust-root.pem'])
  })

  test('that is known is not taken for a CA of the user, and an issuing CA not for a root', () => {
    const [ended] = hold(device(), 'baltimore-cybertrust-root').without
    expect(ended).toMatchObject({ known: { id: 'baltimore-cybertrust-root' }, intermediate: false })
    const certificate = realChain('chain-edge-microsoft-com-g2')[1]!
    const { without } = findHeldChains([{ certificate, label: 'ca.pem' }], issued, device(), known, now)
    expect(without).toMatchObject([{ label: 'ca.pem', known: undefined, intermediate: true }])
  })

  test('a root held as its cross-signed certificate is found by name and key, where the stack takes such an anchor', () => {
    const certificate = realChain('chain-edge-microsoft-com-g2')[2]!
    expect(certificate.selfIssued).toBe(false)
    const by = (of: Device) => findHeldChains([{ certificate, label: 'cross.pem' }], issued, of, known, now)
    for (const id of ['esp-idf@5.2', 'bearssl']) {
      const made = by(resolveDevice(id, openCatalogue()))
      const found = made.chains.filter(({ root }) => root.id === 'microsoft-tls-rsa-root-g2')
      expect(found.length).toBeGreaterThan(0)
      expect(found.flatMap(({ because }) => because.map(({ kind }) => kind))).not.toContain('anchor-issued')
      // It ends before the root does.
      expect(found[0]!.until.toISOString()).toBe('2029-06-19T23:59:59.000Z')
      expect(made.without).toEqual([])
    }
    const trust = (intermediateAnchor: 'refused' | undefined) =>
      device({
        trust: { ...device().trust, intermediateAnchor: intermediateAnchor && sourced(intermediateAnchor) },
      })
    const refused = by(trust('refused')).chains[0]!
    expect([refused.state, refused.because]).toEqual(['blocked', [{ kind: 'anchor-issued' }]])
    const unknown = by(trust(undefined)).chains[0]!
    expect([unknown.state, unknown.because[0]]).toEqual(['undecided', { kind: 'anchor-issued' }])
  })

  test('an nRF9160 that holds DigiCert Global Root G2 does not take what Azure sends in 2026', () => {
    const made = hold(resolveDevice('nrf9160@1.3.7', openCatalogue()), 'digicert-global-root-g2')
    expect(chain(made, 'microsoft-tls-g2')).toMatchObject({ state: 'blocked', sentBytes: 5753 })
  })
})
