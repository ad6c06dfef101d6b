import { confidences, type Device, type ErrorWords, type FailureKind } from '../device/device.ts'
import { type FindingId, findings } from '../finding/details.ts'
import type { DeviceWords } from '../finding/finding.ts'

/**
 * What the device shows for a finding: its code and its log line; undefined where no source says. Profiles write
 * `<status>` and the like where the line has a value of the connection: `facts` fills them in, what it lacks stays.
 */
export function wordsOf(
  device: Device,
  id: FindingId,
  facts: { readonly [name: string]: unknown },
  kind: FailureKind | 'none' | undefined = findings[id].failure,
): DeviceWords | undefined {
  if (kind === undefined || kind === 'none') return undefined
  const words = bestOf(device.errors.filter(({ when }) => when.includes(kind)))
  if (words === undefined) return undefined
  const { code, log, detail } = words
  const fill = (text: string) => fillIn(text, facts)
  return { code: fill(code), log: log && fill(log), ...(detail === undefined ? {} : { detail }) }
}

function fillIn(text: string, facts: { readonly [name: string]: unknown }): string {
  return text.replace(/<([a-z]+)>/g, (whole, name: string) => {
    const value = Object.hasOwn(facts, name) ? facts[name] : undefined
    return typeof value === 'string' || typeof value === 'number' ? String(value) : whole
  })
}

/** The first of the best known. Upper layers stand first in a device, and theirs is what the developer sees. */
function bestOf(candidates: readonly ErrorWords[]): ErrorWords | undefined {
  const withLog = candidates.filter(({ log }) => log !== undefined)
  const pool = withLog.length > 0 ? withLog : candidates
  return pool.reduce<ErrorWords | undefined>(
    (best, one) => (best === undefined || rank(one) < rank(best) ? one : best),
    undefined,
  )
}

function rank({ confidence }: ErrorWords): number {
  return confidences.indexOf(confidence)
}
