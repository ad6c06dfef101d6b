import type { Outlook } from '../../judge/outlook.ts'
import type { Verdict } from '../../judge/verdict.ts'
import type { Json } from '../../observe/observation-json.ts'
import { formatOutlook } from '../outlook.ts'

/** The rule of what a change to come will do; its own, for it is not so today. */
export const forecastRule = 'forecast'

/** What a change to come makes worse than today, or a chain that is planned. Caps and sizes alone are no results. */
export function forecastsOf({ outlook = [] }: Verdict): Outlook[] {
  return outlook.filter(({ state, asToday }) => !asToday && (state === 'blocked' || state === 'at-risk'))
}

export function forecastLevel({ state }: Outlook): 'warning' | 'note' {
  return state === 'blocked' ? 'warning' : 'note'
}

/** With the date in it; one sentence. */
export function forecastMessage(outlook: Outlook, verdict: Verdict): string {
  return `${verdict.observation.target.text}: ${formatOutlook(outlook, verdict)}`
}

export function forecastProperties({ id, candidate, host, timing, from, state, change, findings }: Outlook): {
  readonly [name: string]: Json
} {
  return {
    change: id,
    candidate: candidate ?? null,
    host: host ?? null,
    timing,
    date: change?.date ?? null,
    dateKind: change?.dateKind ?? null,
    from: from?.toISOString() ?? null,
    state: state ?? null,
    findings: findings.map((finding) => finding.id),
    sources: [...(change?.sources ?? [])],
  }
}
