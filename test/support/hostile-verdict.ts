import fc from 'fast-check'
import type { Verdict } from '../../src/judge/verdict.ts'
import { linkMarks, markdownMarks, markupMarks, orderMarks, terminalMarks } from './hostile-marks.ts'
import { azureVerdict, finding, liveObservation, nrf9160 } from './verdict-fixture.ts'

/** Text that is written to break a report: marks of each format, of terminals and of CI logs. */
const marks = [...markupMarks, ...markdownMarks, ...linkMarks, ...terminalMarks, ...orderMarks]
const mark = fc.constantFrom(...marks.filter((mark) => !/^ | $/.test(mark)), ...['é', '日本', '\u{1f600}'])

export const hostileText = fc
  .string({ unit: fc.oneof(mark, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })), maxLength: 24 })
  // Markdown, or who reads it, drops spaces at the end of a line, and so a text would not come out whole.
  .map((text) => `h${text.replace(/\p{Zs}+$/u, '')}`)

/** Whoever may write into a verdict: the server, its certificates, the profile, whoever wrote the target. */
export interface HostileTexts {
  readonly target: string
  readonly host: string
  readonly subject: string
  readonly device: string
  readonly source: string
  readonly code: string
  readonly log: string
  readonly why: string
}

export const hostileTexts: fc.Arbitrary<HostileTexts> = fc.record({
  target: hostileText,
  host: hostileText,
  subject: hostileText,
  device: hostileText,
  source: hostileText,
  code: hostileText,
  log: hostileText,
  why: hostileText,
})

/** A verdict in each place of which foreign text stands. */
export function hostileVerdict(
  { target, host, subject, device, source, code, log, why }: HostileTexts,
  state: 'blocked' | 'at-risk' | 'undecided' = 'blocked',
): Verdict {
  const effect = ({ blocked: 'blocks', 'at-risk': 'risks', undecided: 'unknown' } as const)[state]
  const base = nrf9160()
  const limit = base.limits.chainBytes
  const live = liveObservation(target, '192.0.2.1')
  const lead = finding(
    'untrusted-root',
    { neededIssuer: subject, held: [subject, host] },
    {
      effect,
      host,
      limit: limit === undefined ? undefined : { ...limit, source },
      deviceWords: { code, log, detail: why },
      fixes: [
        { id: 'load-root', with: { root: subject, issuer: subject } },
        { id: 'front-small-chain', with: { anchor: subject } },
        { id: 'renew-certificate', with: {} },
      ],
    },
  )
  const also = finding(
    'name-mismatch',
    { host, names: [subject], namesTotal: 1, kind: 'dns' },
    { effect: 'risks', reached: false },
  )
  return azureVerdict({
    observation: { ...live, target: { ...live.target, host, path: `/${host}` } },
    device: {
      ...base,
      id: device,
      name: device,
      layers: [{ ...base.layers[0]!, family: device, name: device }],
    },
    state,
    stage: state === 'blocked' ? 'path' : undefined,
    stages: [{ stage: 'path', state, basis: 'judged' }],
    findings: [lead, also],
    missing: [{ needs: 'anchor', why, about: undefined }],
  })
}
