import type { Finding, LimitCited } from '../finding/finding.ts'
import type { Place } from '../finding/place.ts'
import type { Margin, Verdict } from '../judge/verdict.ts'
import { type Json, observationToJson } from '../observe/observation-json.ts'
import { type FixOfFinding, formatFix } from './fixes.ts'
import { rankFixes } from './fixes-by-place.ts'
import { formatMissing } from './missing-words.ts'
import { outlookJson } from './outlook-json.ts'
import { certificateName, judgedAddress } from './reading.ts'
import { unsafeAdvice } from './unsafe-advice.ts'
import { formatSentence, formatTitle } from './words.ts'

type JsonObject = { readonly [key: string]: Json }

/** `tlsfit/verdicts@1`: what `tlsfit check --format json` prints. Dates are ISO 8601, bytes base64. */
export function verdictsJson(verdicts: readonly Verdict[]): JsonObject {
  return { schema: 'tlsfit/verdicts@1', verdicts: verdicts.map((verdict) => verdictJson(verdict)) }
}

/** One verdict, as an element of `tlsfit/verdicts@1` or a line of `--format jsonl`; cures at the places named first. */
export function verdictJson(verdict: Verdict, can?: readonly Place[]): JsonObject {
  const { observation, device } = verdict
  return {
    target: observation.target.text,
    address: judgedAddress(observation) ?? null,
    device: {
      id: device.id,
      asked: device.asked,
      name: device.name,
      version: device.version,
      layers: device.layers.map((layer) => ({ ...layer })),
    },
    hello: device.hello.origin,
    state: verdict.state,
    leans: verdict.leans ?? null,
    stage: verdict.stage ?? null,
    stages: verdict.stages.map((stage) => ({ ...stage })),
    findings: verdict.findings.map((finding) => findingJson(finding, verdict, can)),
    margins: verdict.margins.map(marginJson),
    missing: verdict.missing.map((missing) => {
      const words = formatMissing(missing, verdict)
      return {
        needs: missing.needs,
        why: missing.why,
        command: words.command ?? null,
        what: words.what,
        about: missing.about ?? null,
      }
    }),
    ...(verdict.outlook && { outlook: verdict.outlook.map((one) => outlookJson(one, verdict, plain)) }),
    observation: observationToJson(observation),
  }
}

function findingJson(finding: Finding, verdict: Verdict, can: readonly Place[] | undefined): JsonObject {
  const { observation, device } = verdict
  return {
    id: finding.id,
    cause: finding.cause ?? null,
    effect: finding.effect,
    stage: finding.stage,
    reached: finding.reached,
    host: finding.host ?? null,
    title: formatTitle(finding.id),
    sentence: formatSentence(finding, observation.source),
    details: plain(finding.details),
    limit: finding.limit === undefined ? null : limitJson(finding.limit),
    deviceWords:
      finding.deviceWords === undefined
        ? null
        : {
            code: finding.deviceWords.code,
            log: finding.deviceWords.log ?? null,
            detail: finding.deviceWords.detail ?? null,
          },
    fixes: rankFixes(
      finding.fixes.map((fix) =>
        formatFix(fix, finding, device, observation.target, { certificateFor: certificateName(observation) }),
      ),
      can,
    ).map(fixJson),
    unsafe: unsafeAdvice(finding, device) ?? null,
  }
}

/** `place` is the first of `places`; `field` says how the cure gets to devices that are deployed. */
function fixJson({ id, title, commands, places, sentence, field }: FixOfFinding): JsonObject {
  return {
    id,
    title,
    commands: [...commands],
    place: places[0]!,
    places: [...places],
    sentence: sentence ?? null,
    field: field === undefined ? null : { way: field.way, commands: [...field.commands] },
  }
}

function limitJson(limit: LimitCited): JsonObject {
  return {
    value: limit.value ?? null,
    counts: limit.counts,
    passes: plain(limit.passes),
    fails: plain(limit.fails),
    confidence: limit.confidence,
    source: limit.source,
  }
}

function marginJson(margin: Margin): JsonObject {
  return {
    limit: margin.limit,
    counts: margin.counts,
    value: margin.value,
    limitBytes: margin.limitValue,
    leftBytes: margin.left,
    unit: margin.unit,
  }
}

/** Details and readings as JSON: dates ISO, absent numbers null. */
export function plain(value: unknown): Json {
  if (value === undefined || value === null) return null
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
  }
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? value : null
}
