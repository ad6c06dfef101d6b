import { formatHex } from '../../codec/hex.ts'
import { hash } from '../../crypto/hash.ts'
import type { Finding } from '../../finding/finding.ts'
import type { Outlook } from '../../judge/outlook.ts'
import type { Verdict } from '../../judge/verdict.ts'
import type { MarginFailure } from '../../plan/comparison.ts'
import { endpointName } from './locations.ts'

/**
 * The same for the same finding of the same device family at the same endpoint, in every run: no version, number,
 * time, address or line goes into it. 32 hexadecimal digits.
 */
export function fingerprintOf({ id, host }: Finding, { device, observation }: Verdict): string {
  const families = device.layers.map(({ family }) => family).join('+')
  return fingerprintOfParts([endpointName(observation.target), families, id, host ?? ''])
}

/** The same for the same change to come, or the same file of a candidate, whatever it does to the device. */
export function forecastFingerprint(
  { id, candidate, host }: Outlook,
  { device, observation }: Verdict,
): string {
  const families = device.layers.map(({ family }) => family).join('+')
  const target = endpointName(observation.target)
  return fingerprintOfParts([target, families, 'forecast', id, candidate ?? '', host ?? ''])
}

/** The same for the same threshold at the same target of a plan, whatever its figures. */
export function thresholdFingerprint(failure: MarginFailure): string {
  const { target, device, rule, limit, counts, unit, percent } = failure
  return fingerprintOfParts([target, device, 'threshold', rule, limit, counts, percent ? 'percent' : unit])
}

function fingerprintOfParts(parts: readonly string[]): string {
  const text = parts.map((part) => `${part.length}:${part}`).join()
  return formatHex(hash('sha256', new TextEncoder().encode(text))).slice(0, 32)
}
