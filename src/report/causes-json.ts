import type { CauseRanking, RankedCause } from '../judge/causes.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Symptom } from '../log/symptom.ts'
import type { Json } from '../observe/observation-json.ts'
import { causeWords } from './cause-words.ts'
import { type CausesRead, contextOf, curesOf, nextCommands } from './causes-reading.ts'
import { evidenceWords } from './evidence-words.ts'
import { verdictJson } from './json.ts'

type JsonObject = { readonly [key: string]: Json }

/** `tlsfit/causes@1`: what `tlsfit explain` prints of a log. Lines are blanked of secrets. */
export function causesJson(
  read: CausesRead & { readonly ranking: CauseRanking; readonly verdicts: readonly Verdict[] },
): JsonObject {
  const { facts, ranking, device } = read
  return {
    schema: 'tlsfit/causes@1',
    input: 'log',
    name: read.name,
    lines: facts.lines,
    device:
      device === undefined
        ? null
        : {
            id: device.id,
            name: device.name,
            defaulted: device.layers
              .filter((layer) => layer.defaulted)
              .map(({ family, version }) => `${family}@${version}`),
          },
    devices: facts.devices.map(({ id, lines, component }) => ({
      id,
      why: `${component}: line${lines.length === 1 ? '' : 's'} ${lines.join(', ')}`,
    })),
    dialects: [...facts.dialects],
    failed: ranking.failed,
    decided: ranking.decided,
    causes: ranking.causes.map((cause) => causeJson(cause, read)),
    symptoms: facts.symptoms.map(symptomJson),
    herrings: ranking.herrings.map(({ symptom, why }) => ({ line: symptom.line, text: symptom.text, why })),
    places: {
      urls: [...facts.places.urls],
      hosts: [...facts.places.hosts],
      ports: [...facts.places.ports],
      secTags: [...facts.places.secTags],
    },
    notes: [...facts.notes],
    verdicts: read.verdicts.map((verdict) => verdictJson(verdict)),
  }
}

/** One cause, as an element of `causes` here and in `tlsfit/sessions@1`. */
export function causeJson(cause: RankedCause, read: CausesRead): JsonObject {
  const context = contextOf(read)
  const words = causeWords[cause.id]
  return {
    id: cause.id,
    title: words.title,
    says: words.says,
    confidence: cause.confidence,
    weight: Math.round(cause.weight * 100) / 100,
    evidence: cause.evidence.map((symptom) => ({
      line: symptom.line,
      text: symptom.text,
      meaning: symptom.meaning,
    })),
    missing: words.ask.map((evidence) => {
      const { needs, why, commands } = evidenceWords[evidence]
      return { needs, why, commands: [...commands(context)] }
    }),
    next: nextCommands(cause, context),
    fixes: curesOf(cause, read, context).map(({ id, title, commands }) => ({
      id,
      title,
      commands: [...commands],
    })),
  }
}

function symptomJson(symptom: Symptom): JsonObject {
  const [code] = symptom.codes
  return {
    line: symptom.line,
    lastLine: symptom.lastLine,
    count: symptom.count,
    text: symptom.text,
    component: symptom.component,
    code: code?.text ?? null,
    codeNames: symptom.codes.flatMap(({ names }) => [...names]),
    codeTable: code?.table ?? null,
    meaning: symptom.meaning,
    signs: symptom.signs.map(({ sign }) => sign.id),
    source: symptom.source,
  }
}
