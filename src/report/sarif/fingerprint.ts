import { formatHex } from '../../codec/hex.ts'
import { hash } from '../../crypto/hash.ts'
import type { Finding } from '../../finding/finding.ts'
import type { Verdict } from '../../judge/verdict.ts'
import { endpointName } from './locations.ts'

/**
 * The same for the same finding of the same device family at the same endpoint, in every run: no version, number,
 * time, address or line goes into it. 32 hexadecimal digits.
 */
export function fingerprintOf({ id, host }: Finding, { device, observation }: Verdict): string {
  const families = device.layers.map(({ family }) => family).join('+')
  const parts = [endpointName(observation.target), families, id, host ?? '']
  const text = parts.map((part) => `${part.length}:${part}`).join()
  return formatHex(hash('sha256', new TextEncoder().encode(text))).slice(0, 32)
}
