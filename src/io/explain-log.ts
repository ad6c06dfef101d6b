import type { Catalogue } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import { type CauseRanking, rankCauses } from '../judge/causes.ts'
import { settleCauses } from '../judge/settle-causes.ts'
import type { Verdict } from '../judge/verdict.ts'
import { versionsItHangsOn } from '../judge/version-dependence.ts'
import { composeDevice } from '../log/compose-device.ts'
import type { Dialects } from '../log/dialects.ts'
import { LogReader } from '../log/log-reader.ts'
import { LogError } from '../log/log-text.ts'
import type { LogFacts } from '../log/symptom.ts'
import { InputError } from './input-error.ts'

/** A log read and judged. */
export interface LogExplained {
  readonly kind: 'log'
  readonly name: string
  readonly facts: LogFacts
  readonly ranking: CauseRanking
  /** That the user named, else that the log tells; undefined where neither does. */
  readonly device: Device | undefined
  readonly deviceTold: 'user' | 'log' | undefined
  /** Of `--with`: what the endpoint, capture or chain itself says. */
  readonly verdicts: readonly Verdict[]
}

export interface LogRequest {
  /** For people: the path, or `-`. */
  readonly name: string
  readonly chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
  readonly dialects: Dialects
  readonly catalogue: Catalogue
  readonly device: Device | undefined
  readonly look?: ((deviceId: string) => Promise<Verdict[]>) | undefined
  readonly onProgress?: (bytes: number) => void
}

/** Throws `InputError` (`not-text`) for what is no log; says nothing of what it does not know. */
export async function explainLog(request: LogRequest): Promise<LogExplained> {
  const reader = new LogReader(request.dialects)
  let bytes = 0
  for await (const chunk of request.chunks) {
    bytes += chunk.length
    feed(reader, chunk, request.name)
    request.onProgress?.(bytes)
  }
  const facts = reader.finish()
  const told = request.device === undefined ? composeDevice(facts.devices, request.catalogue) : undefined
  const device = request.device ?? told
  const verdicts = request.look === undefined ? [] : await request.look(deviceFor(device, request.name))
  return {
    kind: 'log',
    name: request.name,
    facts,
    ranking: settleCauses(rankCauses(facts), verdicts, {
      hosts: hostsOf(facts),
      hangsOn: (finding, seenBy) => versionsItHangsOn(finding, seenBy, request.catalogue),
    }),
    device,
    deviceTold: request.device !== undefined ? 'user' : told !== undefined ? 'log' : undefined,
    verdicts,
  }
}

function hostsOf({ places: { hosts, urls } }: LogFacts): string[] {
  return [...hosts, ...urls.flatMap((url) => (URL.canParse(url) ? [new URL(url).hostname] : []))]
}

/** What the endpoint means depends on whose eyes look at it. */
function deviceFor(device: Device | undefined, name: string): string {
  if (device !== undefined) return device.asked
  throw new InputError(
    'device-missing',
    'the log does not tell which device it is of',
    'add --device ID',
    name,
  )
}

function feed(reader: LogReader, chunk: Uint8Array, name: string): void {
  try {
    reader.push(chunk)
  } catch (error) {
    if (!(error instanceof LogError)) throw error
    throw new InputError(error.code, `${name}: ${error.message}`, error.hint, name)
  }
}
