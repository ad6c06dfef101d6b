import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { azureVerdict, finding, liveObservation } from '../../test/support/verdict-fixture.ts'
import { causes } from '../finding/cause.ts'
import { fixIds } from '../finding/fix.ts'
import { places } from '../finding/place.ts'
import { stages } from '../finding/stage.ts'
import { errorJson } from './error-json.ts'
import { verdictJson, verdictsJson } from './json.ts'
import { formatJson } from './json-text.ts'

const stage = v.picklist(stages)
const state = v.picklist(['fits', 'at-risk', 'blocked', 'undecided'])
const readings = v.record(v.string(), v.nullable(v.number()))
/** `tlsfit/verdicts@1` as scripts may rely on it: more fields may come, none of these goes. */
const contract = v.object({
  schema: v.literal('tlsfit/verdicts@1'),
  verdicts: v.array(
    v.object({
      target: v.string(),
      address: v.nullable(v.string()),
      device: v.object({ id: v.string(), version: v.string(), layers: v.array(v.unknown()) }),
      hello: v.picklist(['recorded', 'derived', 'assumed']),
      state,
      stage: v.nullable(stage),
      stages: v.array(
        v.object({
          stage,
          state: v.picklist(['fits', 'at-risk', 'blocked', 'undecided', 'not-seen']),
          basis: v.picklist(['judged', 'witnessed', 'assumed', 'not-seen']),
        }),
      ),
      findings: v.array(
        v.object({
          id: v.string(),
          cause: v.nullable(v.picklist(causes)),
          effect: v.picklist(['blocks', 'risks', 'info', 'unknown']),
          stage,
          details: v.record(v.string(), v.unknown()),
          limit: v.nullable(
            v.object({
              value: v.nullable(v.union([v.number(), v.literal('unlimited')])),
              counts: v.string(),
              passes: readings,
              fails: readings,
              confidence: v.string(),
              source: v.string(),
            }),
          ),
          deviceWords: v.nullable(v.object({ code: v.string(), log: v.nullable(v.string()) })),
          fixes: v.array(
            v.object({
              id: v.picklist(fixIds),
              title: v.string(),
              commands: v.array(v.string()),
              place: v.picklist(places),
              places: v.array(v.picklist(places)),
              sentence: v.nullable(v.string()),
              field: v.nullable(v.object({ way: v.string(), commands: v.array(v.string()) })),
            }),
          ),
        }),
      ),
      margins: v.array(
        v.object({ limit: v.string(), value: v.number(), limitBytes: v.number(), leftBytes: v.number() }),
      ),
      missing: v.array(v.object({ needs: v.string(), why: v.string(), command: v.nullable(v.string()) })),
      observation: v.looseObject({ schema: v.literal('tlsfit/observation@1') }),
    }),
  ),
})

describe('tlsfit/verdicts@1', () => {
  const open = azureVerdict({
    state: 'undecided',
    stage: undefined,
    observation: liveObservation('https://edge.microsoft.com/', '192.0.2.1'),
    findings: [
      finding('expires-soon', {
        ...{ index: 0, subject: 'x', notAfter: new Date('2026-11-11T00:00:00Z'), days: 71 },
      }),
    ],
    missing: [{ needs: 'measured-limit', why: 'the limit is not known', about: 'chainBytes' }],
  })
  const parsed = JSON.parse(formatJson(verdictsJson([azureVerdict(), open])))

  test('is what the contract says, for a blocked file and an open endpoint', () => {
    expect(v.safeParse(contract, parsed).issues).toBeUndefined()
  })

  test('the address is that judged, and null for a file', () => {
    expect(parsed.verdicts.map((verdict: { address: unknown }) => verdict.address)).toEqual([
      null,
      '192.0.2.1',
    ])
  })

  test('dates are ISO 8601 and certificates base64', () => {
    const [finding] = parsed.verdicts[1].findings
    expect(finding.details.notAfter).toBe('2026-11-11T00:00:00.000Z')
    expect(parsed.verdicts[0].observation.connections[0].chain.certificates[0]).toMatch(/^MII/)
  })

  test('one verdict is one line where a line is wanted', () => {
    expect(formatJson(verdictJson(azureVerdict()), 0)).not.toContain('\n')
  })
})

describe('formatJson', () => {
  test('a parser reads back what went in, and nothing hostile is in the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        const json = formatJson({ text, nested: [text] })
        expect(JSON.parse(json)).toEqual({ text, nested: [text] })
        expect(json).not.toMatch(
          /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/,
        )
      }),
    )
  })
})

describe('tlsfit/error@1', () => {
  test('has code, message, hint and place, null where there is none', () => {
    const error = { code: 'unknown-option', message: 'unknown option --x', hint: undefined, at: '--x' }
    expect(errorJson(error)).toEqual({ schema: 'tlsfit/error@1', error: { ...error, hint: null } })
  })
})
