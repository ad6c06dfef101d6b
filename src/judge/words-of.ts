import { confidences, type Device, type ErrorWords, type FailureKind } from '../device/device.ts'
import { type FindingId, findings } from '../finding/details.ts'
import type { DeviceWords } from '../finding/finding.ts'

/**
 * What the device shows for a finding: its code and its log line; undefined where no source says. Profiles write
 * `<status>` and the like where the line has a value of the connection: `facts` fills them in, what it lacks is left
 * out. `<code>` is the library's own number, `<decimal>` the same in decimal, `<flags>` what goes with it. An upper
 * layer that only passes a failure on writes `<errno>` and `<below>`: the number and the lines of the layer under it.
 */
export function wordsOf(
  device: Device,
  id: FindingId,
  facts: { readonly [name: string]: unknown },
  kind: FailureKind | 'none' | undefined = findings[id].failure,
  number?: LibraryNumber,
): DeviceWords | undefined {
  if (kind === undefined || kind === 'none') return undefined
  const told = device.errors.filter((one) => one.when.includes(kind) && holdsFor(one, facts))
  // A line that needs the library's number cannot be shown without it.
  const candidates = told.filter((one) => number !== undefined || !needsNumber(one))
  if (number !== undefined && !candidates.some(needsNumber)) return bareNumber(number)
  const relayed = candidates.find(relays)
  const carriers =
    number === undefined ? candidates : candidates.filter((one) => needsNumber(one) || relays(one))
  const below = bestOf(carriers.filter((one) => !relays(one)))
  const words = relayed !== undefined && below !== undefined ? relayed : below
  if (words === undefined) return undefined
  const { code, log, detail } = words
  const given = {
    ...numberFacts(number),
    errno: /\d+/.exec(below?.code ?? '')?.[0],
    ...facts,
  }
  const relayedLog = below?.log && fillIn(below.log, given)
  const fill = (text: string) => fillIn(text, { ...given, below: relayedLog })
  return {
    code: fill(code),
    log: log && fill(log),
    ...(detail === undefined ? {} : { detail: fill(detail) }),
  }
}

/** The library's own number for a failure, and its flags. */
export interface LibraryNumber {
  readonly code: string
  readonly flags?: string | undefined
}

function needsNumber({ code, log, detail }: ErrorWords): boolean {
  return [code, log, detail].some((text) => /<(?:code|decimal)>/.test(text ?? ''))
}

/** Where the SDK prints nothing that is known, what the library returns. */
function bareNumber({ code, flags }: LibraryNumber): DeviceWords {
  return { code, log: undefined, ...(flags === undefined ? {} : { detail: `flags ${flags}` }) }
}

function numberFacts(number: LibraryNumber | undefined): { readonly [name: string]: unknown } {
  if (number === undefined) return {}
  return { code: number.code, decimal: decimalOf(number.code), flags: number.flags }
}

/** `-0x2700` as SDKs print it that format the number with `%d`: `-9984`. */
function decimalOf(code: string): string {
  const hex = /^-0x([0-9a-f]+)$/i.exec(code)?.[1]
  return hex === undefined ? code : `-${Number.parseInt(hex, 16)}`
}

function holdsFor({ statuses }: ErrorWords, { status }: { readonly [name: string]: unknown }): boolean {
  if (statuses === undefined) return true
  return typeof status === 'number' && status >= statuses[0] && status <= statuses[1]
}

function fillIn(text: string, facts: { readonly [name: string]: unknown }): string {
  return text.replace(/( ?)<([a-z]+)>/g, (_, space: string, name: string) => {
    const value = Object.hasOwn(facts, name) ? facts[name] : undefined
    return typeof value === 'string' || typeof value === 'number' ? `${space}${value}` : ''
  })
}

function relays({ log }: ErrorWords): boolean {
  return log?.includes('<below>') ?? false
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
