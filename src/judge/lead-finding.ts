import type { Finding } from '../finding/finding.ts'
import type { Verdict } from './verdict.ts'

/** The finding the verdict rests on; undefined when all is well, or when nothing was seen at all. */
export function leadFinding(verdict: Verdict): Finding | undefined {
  const of = (effect: Finding['effect']) => verdict.findings.filter((finding) => finding.effect === effect)
  if (verdict.state === 'blocked') {
    const blocking = of('blocks')
    return blocking.find((finding) => finding.reached && finding.stage === verdict.stage) ?? blocking[0]
  }
  if (verdict.state === 'undecided') {
    const open = of('unknown')
    const openStages = verdict.stages.filter((each) => each.state === 'undecided').map((each) => each.stage)
    return open.find((finding) => finding.reached && openStages.includes(finding.stage)) ?? open[0]
  }
  return verdict.state === 'at-risk' ? of('risks')[0] : undefined
}
