import type { Verdict } from '../judge/verdict.ts'
import type { TargetFailure } from './report.ts'

/**
 * What a report calls a target: the name that the plan gives it, which stays when its URL is renewed; else its URL. A
 * capture holds several, told apart by their own text.
 */
export function targetName({ place, observation }: Pick<Verdict, 'place' | 'observation'>): string {
  const { text } = observation.target
  const name = place?.name
  if (name === undefined || name === '') return text
  return observation.source === 'capture' && name !== text ? `${name}: ${text}` : name
}

export function failedName({ place, target }: Pick<TargetFailure, 'place' | 'target'>): string {
  return place?.name || target
}
