import type { Device, DeviceLimits, LaterVersion } from '../device/device.ts'
import type { FixSuggested } from '../finding/finding.ts'
import type { TrustPath } from '../trust/path.ts'
import { compareWithDevice, type Demand, exactly } from './limits.ts'
import { fix } from './rule.ts'
import { type ChainRead, knownRootOf, type Scene } from './scene.ts'

/**
 * Cures for a chain, certificate or message that is too large, best first. A front works with what the device holds
 * already; another root is offered only where the path to it fits.
 */
export function sizeFixes(scene: Scene, chain: ChainRead, limitBytes: number): FixSuggested[] {
  return [
    frontSmallChain(scene, chain, limitBytes),
    ...loadRootThatFits(scene, chain),
    fix('use-shorter-chain'),
    fix('tls-on-application-core'),
    fix('other-module'),
  ]
}

/** A front with a small chain; it must end at an anchor that the device holds now. */
export function frontSmallChain(
  { trust, now }: Scene,
  chain: ChainRead | undefined,
  limitBytes?: number,
): FixSuggested {
  const anchor = chain?.path.used?.anchor ?? trust.held?.[0]?.certificate
  return fix('front-small-chain', {
    ...(limitBytes === undefined ? {} : { limitBytes }),
    // Under an anchor that has ended, or the endpoint's own certificate, no CA issues anything.
    ...(anchor === undefined || anchor.notAfter < now || anchor.sha256 === chain?.leaf?.sha256
      ? {}
      : { anchor: anchor.subject.commonName ?? anchor.subject.text }),
  })
}

/** The first later version of the modem or stack that has what is missing; nothing where none is known to. */
export function updateThatLifts(device: Device, lifts: (later: LaterVersion) => boolean): FixSuggested[] {
  const later = device.later.find(lifts)
  if (later === undefined) return []
  return [fix('update-firmware', { what: device.layers[0]?.name ?? device.name, version: later.version })]
}

/** An update to a version that sends the server name. */
export function updateThatSendsSni(device: Device): FixSuggested[] {
  return updateThatLifts(device, ({ hello }) => hello.sni !== undefined && hello.sni.value !== 'never')
}

/** The public root to store, where the device does not hold it and the path to it passes every size limit. */
export function loadRootThatFits(scene: Scene, chain: ChainRead): FixSuggested[] {
  const { trust, now } = scene
  const path = chain.path.known.paths.find(
    ({ anchor, ...rest }) =>
      anchor.notAfter >= now &&
      !trust.held?.some(({ certificate }) => certificate.sha256 === anchor.sha256) &&
      sizesFit(scene, chain, { anchor, ...rest }),
  )
  if (path === undefined) return []
  const root = knownRootOf(path.anchor, trust.known)
  if (root === undefined) return []
  return [
    fix('load-root', {
      root: root.certificate.subject.commonName ?? root.certificate.subject.text,
      rootId: root.id,
      sha256: root.certificate.sha256,
    }),
  ]
}

/** Whether the chain would pass the device's limits if the device took this path. */
export function sizesFit(scene: Scene, chain: ChainRead, path: TrustPath): boolean {
  const checks: readonly [keyof DeviceLimits, Demand][] = [
    ['chainBytes', chainDemand(chain, path)],
    ['handshakeMessageBytes', { message: exactly(chain.messageBytes) }],
    ...chain.derBytes.map((bytes): [keyof DeviceLimits, Demand] => [
      'certificateBytes',
      { certificate: exactly(bytes) },
    ]),
  ]
  return checks.every(([name, demand]) => {
    const { outcome } = compareWithDevice(scene.device, name, demand)
    return outcome !== 'over' && outcome !== 'open'
  })
}

/**
 * What the chain demands of a limit for all of it. Without a path, the path is somewhere from the leaf, which is in
 * every one, up to all that was sent.
 */
export function chainDemand(chain: ChainRead, path: TrustPath | undefined): Demand {
  return {
    sent: exactly(chain.sentBytes),
    path: path === undefined ? { least: chain.derBytes[0] ?? 0, most: chain.sentBytes } : exactly(path.bytes),
    message: exactly(chain.messageBytes),
  }
}
