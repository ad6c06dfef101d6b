import type { Details } from '../finding/details.ts'
import type { FixSuggested } from '../finding/finding.ts'
import { lowestFigure } from './margins.ts'
import { responsesOf } from './record-growth.ts'
import { fix } from './rule.ts'
import type { Scene } from './scene.ts'

/** Heads vary from one response to the next: digits of Content-Range, ids, dates. Used where the profile says nothing. */
const DEFAULT_HEAD_SLACK_BYTES = 128

export interface RangeAdvice {
  readonly details: Details['range-size']
  readonly fixes: readonly FixSuggested[]
}

/**
 * The largest range that the device can be set to with which a record that holds the whole head and body of a
 * response stays within every reading of its record limit: servers may join head and body in one record.
 * Undefined where the device does not read by ranges, no response was seen, or no choice fits.
 */
export function recommendRange({ device, leg }: Scene): RangeAdvice | undefined {
  const { http, limits } = device
  const limitBytes = lowestFigure(limits.recordBytes)
  const responses = responsesOf(leg.connections)
  const current = http?.rangeBytes?.value
  if (http === undefined || limitBytes === undefined || responses.length === 0) return undefined
  if (typeof current !== 'number' || responses.every(({ status }) => status !== 206)) return undefined
  const headBytes = Math.max(...responses.map((response) => response.headBytes))
  const slackBytes = http.headSlackBytes?.value ?? DEFAULT_HEAD_SLACK_BYTES
  const choices = http.rangeChoices?.value ?? [current]
  const rangeBytes = choices
    .filter((bytes) => headBytes + slackBytes + bytes <= limitBytes)
    .sort((a, b) => b - a)[0]
  if (rangeBytes === undefined) return undefined
  const total = responses
    .map(({ contentRange }) => totalOf(contentRange))
    .find((bytes) => bytes !== undefined)
  const requests = total === undefined ? undefined : Math.ceil(total / rangeBytes)
  const setting = http.rangeSetting?.value.replaceAll('{bytes}', String(rangeBytes))
  return {
    details: { rangeBytes, headBytes, slackBytes, limitBytes, requests },
    fixes: [fix('set-range-size', { rangeBytes, ...(setting === undefined ? {} : { setting }) })],
  }
}

/** `bytes 0-1023/262144` gives 262,144; RFC 9110 §14.4. */
function totalOf(contentRange: string | undefined): number | undefined {
  const digits = /\/(\d{1,15})$/.exec(contentRange?.trim() ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}
