import type { Verdict } from '../judge/verdict.ts'
import type { Admission } from './admission.ts'
import type { GatewayEvent } from './gateway-log.ts'

/** What the judge left open or found at risk, one event for each device; a device that fits is told in one line, too. */
export function admissionEvents({ listener, verdicts }: Admission): GatewayEvent[] {
  return verdicts.map((verdict) => ({
    level: verdict.state === 'fits' ? 'info' : 'warn',
    what: 'admission',
    listener,
    message: messageOf(verdict),
    facts: {
      device: verdict.device.asked,
      state: verdict.state,
      findings: listed(verdict.findings.filter(({ effect }) => effect !== 'info').map(({ id }) => id)),
      unknown: listed(verdict.missing.map(({ needs, about }) => about ?? needs)),
    },
  }))
}

function messageOf({ state, missing }: Verdict): string {
  if (state === 'fits') return 'takes what is shown here, as far as is known'
  const open = [...new Set(missing.map(({ why }) => why))].join('; ')
  return state === 'undecided'
    ? `cannot be told: ${open}`
    : `takes it, at risk${open === '' ? '' : `: ${open}`}`
}

function listed(words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : [...new Set(words)].join(' ')
}
