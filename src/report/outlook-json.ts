import type { Outlook } from '../judge/outlook.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Json } from '../observe/observation-json.ts'
import { formatOutlook } from './outlook.ts'
import { formatSentence, formatTitle } from './words.ts'

/** An element of `outlook` in `tlsfit/verdicts@1`. `state` null: an outlook and no verdict. Sizes in bytes of DER. */
export function outlookJson(outlook: Outlook, verdict: Verdict, plain: (value: unknown) => Json): Json {
  const { change, findings, margins } = outlook
  return {
    id: outlook.id,
    kind: outlook.kind,
    candidate: outlook.candidate ?? null,
    host: outlook.host ?? null,
    timing: outlook.timing,
    date: change?.date ?? null,
    dateKind: change?.dateKind ?? null,
    from: plain(outlook.from),
    sentence: formatOutlook(outlook, verdict),
    state: outlook.state ?? null,
    leans: outlook.leans ?? null,
    stage: outlook.stage ?? null,
    asToday: outlook.asToday,
    findings: findings.map((finding) => ({
      id: finding.id,
      effect: finding.effect,
      stage: finding.stage,
      title: formatTitle(finding.id),
      sentence: formatSentence(finding, verdict.observation.source),
      details: plain(finding.details),
      fixes: finding.fixes.map(({ id, with: facts }) => ({ id, with: plain(facts) })),
    })),
    margins: plain(margins),
    before: plain(outlook.before),
    after: plain(outlook.after),
    assumed: [...outlook.assumed],
    needs: plain(outlook.needs),
    avoidedBy: plain(outlook.avoidedBy),
    lifetime: plain(outlook.lifetime),
    postQuantum: plain(outlook.postQuantum),
    change:
      change === undefined
        ? null
        : {
            title: change.title ?? null,
            change: change.change,
            owner: change.owner,
            services: [...change.services],
            status: change.status,
            confidence: change.confidence,
            sources: [...change.sources],
          },
  }
}
