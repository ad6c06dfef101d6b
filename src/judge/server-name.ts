import type { Details } from '../finding/details.ts'
import type { FixSuggested } from '../finding/finding.ts'
import { updateThatSendsSni } from './fixes.ts'
import { fix } from './rule.ts'
import type { Scene } from './scene.ts'

/**
 * Why this device's hello carries no server_name, and what cures that, best first. Only a device that cannot send one
 * needs an update; one whose name check is off gets the name back with it; any other is not given the name of `host`.
 */
export function judgeNoName(
  { checks, device }: Scene,
  host: string,
): { readonly reason: Details['sni-missing']['reason']; readonly fixes: FixSuggested[] } {
  if (checks.sniNever) {
    return { reason: 'never-sent', fixes: [...updateThatSendsSni(device), fix('front-small-chain')] }
  }
  if (checks.sniDropped) return { reason: 'switched-off', fixes: [fix('restore-name-check')] }
  return { reason: 'not-set', fixes: [fix('set-sni-to-endpoint', { host })] }
}
