import type { Device, DeviceLimits } from '../device/device.ts'
import type { TrustPath } from '../trust/path.ts'
import { compareWithDevice, type Demand, exactly } from './limits.ts'

/** Bytes of a chain as sent: DER of each certificate, of all, and the message with its header. */
export interface ChainSizes {
  readonly derBytes: readonly number[]
  readonly sentBytes: number
  readonly messageBytes: number
}

/** Whether the chain would pass the device's limits if the device took this path. */
export function sizesFit(device: Device, chain: ChainSizes, path: Pick<TrustPath, 'bytes'>): boolean {
  const checks: readonly [keyof DeviceLimits, Demand][] = [
    ['chainBytes', chainDemand(chain, path)],
    ['handshakeMessageBytes', { message: exactly(chain.messageBytes) }],
    ...chain.derBytes.map((bytes): [keyof DeviceLimits, Demand] => [
      'certificateBytes',
      { certificate: exactly(bytes) },
    ]),
  ]
  return checks.every(([name, demand]) => {
    const { outcome } = compareWithDevice(device, name, demand)
    return outcome !== 'over' && outcome !== 'open'
  })
}

/** Whether the device computes with every RSA key on the path, the anchor's too. */
export function keysFit(device: Device, { certificates, anchor }: TrustPath): boolean {
  return [...certificates, anchor].every(({ publicKey }) => {
    if (publicKey.kind !== 'rsa') return true
    return compareWithDevice(device, 'rsaKeyBits', { bits: exactly(publicKey.bits) }).outcome !== 'over'
  })
}

/**
 * What the chain demands of a limit for all of it. Without a path, the path is somewhere from the leaf, which is in
 * every one, up to all that was sent.
 */
export function chainDemand(chain: ChainSizes, path: Pick<TrustPath, 'bytes'> | undefined): Demand {
  return {
    sent: exactly(chain.sentBytes),
    path: path === undefined ? { least: chain.derBytes[0] ?? 0, most: chain.sentBytes } : exactly(path.bytes),
    message: exactly(chain.messageBytes),
  }
}
