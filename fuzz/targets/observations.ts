import { judge } from '../../src/judge/judge.ts'
import type { Observation } from '../../src/observe/observation.ts'
import {
  ObservationFormatError,
  observationFromJson,
  observationToJson,
} from '../../src/observe/observation-json.ts'
import { catalogueDevice } from '../../test/support/catalogue-devices.ts'
import { exchange, hello, holding, negotiated, records } from '../../test/support/judge-observations.ts'
import { liveObservation } from '../../test/support/verdict-fixture.ts'
import { type FuzzTarget, mustEqual } from '../fuzz-target.ts'
import { seedText } from '../seed-files.ts'

const devices = ['nrf9160@1.3.7', 'esp32']

/** The JSON of an observation by itself, as the library takes it; what is read can be judged. */
const observation: FuzzTarget = {
  name: 'observation',
  shortCases: 120,
  open: () => {
    const judged = devices.map((id) => catalogueDevice(id))
    const trust = holding('amazon-root-ca-1', 'digicert-global-root-g2')
    const now = new Date('2026-09-01T00:00:00Z')
    return {
      seeds: seedText(...seeds().map((one) => JSON.stringify(observationToJson(one)))),
      words,
      text: true,
      maxBytes: 40_000,
      maxMs: 2_000,
      run(input) {
        const read = readObservation(Buffer.from(input).toString())
        if (typeof read === 'string') return read
        const again = observationFromJson(JSON.parse(JSON.stringify(observationToJson(read))))
        mustEqual(again, read, 'an observation written and read is the same')
        return judged
          .map((device) => judge({ observation: read, device, trust, verify: 'full', now }))
          .map(({ state, findings }) => `${state} ${findings.map(({ id }) => id)}`)
          .join(' ')
      },
    }
  },
}

export const observations: readonly FuzzTarget[] = [observation]

/** Where it is none: what is wrong, in few words. */
function readObservation(text: string): Observation | string {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return 'no JSON'
  }
  try {
    return observationFromJson(json)
  } catch (error) {
    if (!(error instanceof ObservationFormatError)) throw error
    return error.at.replaceAll(/\d+/g, '#').slice(0, 60)
  }
}

function seeds(): Observation[] {
  const live = (rest: Parameters<typeof liveObservation>[2]) =>
    liveObservation('https://a.example/fw', '192.0.2.1', rest)
  return [
    live({}),
    live({ hello: hello(), negotiated: negotiated(), records: records(16_384, [2_048, 9], 100) }),
    live({ exchanges: [exchange({})], records: records(4_096) }),
    live({ chain: undefined, messages: [], mqtt: undefined }),
  ]
}

const words = [
  ...['null', '[]', '{}', '""', 'true', '-1', '0', '1e99', '4294967296', '1.5', '{', '}', '[', ']', ',', ':'],
  ...[
    '"certificates": []',
    '"certificates": ["MAA="]',
    '"role": "range"',
    '"role": "redirect"',
    '"source": "pem"',
  ],
  ...['"how": "reset"', '"by": "us"', '"outcome": "refused"', '"purpose": "contrast"', '"protocol": "mqtts"'],
  ...['"status": 206', '"status": 302', '"contentRange": "bytes 0-1/9"', '"transferEncoding": "chunked"'],
  ...['"plaintextBytes": 16384', '"version": 772', '"2026-01-01T00:00:00Z"', '\\u0000', '\\ud800'],
]
