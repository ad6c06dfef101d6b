import { alerts } from '../../tls/alerts.ts'
import { findCipherSuite } from '../../tls/cipher-suites.ts'
import { extensionTypes } from '../../tls/extension-types.ts'
import { versions } from '../../tls/versions.ts'
import { helloFound } from '../hello-found.ts'
import { offersKey } from '../offered.ts'
import { withOwnRecords } from '../own-records.ts'
import { saidOfHandshake } from '../said.ts'
import { toldOf } from '../searching.ts'
import type { KeyKind, Serving } from '../serving.ts'
import { withChain } from '../serving-of.ts'
import type { Answer, ExamView, Probe, Topic } from '../topic.ts'

/** Nobody may speak them any more, RFC 8996 §4 and §5. */
export const oldVersions = ['TLSv1.1', 'TLSv1'] as const
export type OldVersion = (typeof oldVersions)[number]

/** `not-offered`: its hello leaves it out, or has no suite for it that the server knows. */
export type OldVersionFound = 'takes' | 'refuses' | 'not-offered'

const SENTINEL = 'downgrade-sentinel'
const questions = [...oldVersions, SENTINEL] as const
type Question = (typeof questions)[number]

/** Whether it lets a server take it back to what is no longer safe. */
export const oldVersionsTopic: Topic = {
  id: 'old-versions',
  next(exam) {
    const open = openIn(exam)[0]
    return open && probeOf(exam, open)
  },
  atMost: (exam) => openIn(exam).length,
}

/** Undefined: not told. */
export function oldVersionFound(exam: ExamView, version: OldVersion): OldVersionFound | undefined {
  if (exam.baseline === undefined) return undefined
  if (exam.baseline.version === versions[version].code) return 'takes'
  if (oldServing(exam, version) === undefined) return 'not-offered'
  const said = saidOf(exam, version)
  return said === 'passes' ? 'takes' : said === 'fails' ? 'refuses' : undefined
}

/**
 * What it does with a server that speaks TLS 1.3, says so in its random, and was made to choose 1.2, RFC 8446 §4.1.3: "MUST
 * abort the handshake with an illegal_parameter alert". Another refusal may have another reason.
 */
export function sentinelFound(exam: ExamView): 'ignores' | 'honours' | undefined {
  const said = saidOf(exam, SENTINEL)
  if (said === 'passes') return 'ignores'
  const named = asked(exam, SENTINEL).some(({ outcome }) =>
    outcome.alerts.includes(alerts.illegal_parameter.code),
  )
  return said === 'fails' && named ? 'honours' : undefined
}

/** What shows it of one version: of a device that speaks nothing newer each plain connection. */
export function asksOldVersion(exam: ExamView, version: OldVersion): (answer: Answer) => boolean {
  const isBaseline = exam.baseline?.version === versions[version].code
  return ({ probe, outcome }) =>
    isBaseline
      ? probe.topic === 'baseline' && outcome.version === versions[version].code
      : probe.topic === 'old-versions' && probe.key === version
}

export const asksSentinel = ({ probe }: Answer): boolean =>
  probe.topic === 'old-versions' && probe.key === SENTINEL

function openIn(exam: ExamView): Question[] {
  if (exam.baseline === undefined) return []
  return questions.filter(
    (one) =>
      servingOf(exam, one) !== undefined &&
      exam.baseline?.version !== codeOf(one) &&
      saidOf(exam, one) === undefined,
  )
}

function probeOf(exam: ExamView, key: Question): Probe | undefined {
  const serving = servingOf(exam, key)
  return serving && { topic: 'old-versions', key, serving }
}

function servingOf(exam: ExamView, key: Question): Serving | undefined {
  return key === SENTINEL ? sentinelServing(exam) : oldServing(exam, key)
}

function codeOf(key: Question): number | undefined {
  return key === SENTINEL ? undefined : versions[key].code
}

function oldServing(exam: ExamView, version: OldVersion): Serving | undefined {
  const { baseline } = exam
  const sent = helloFound(exam)?.sent
  const { code } = versions[version]
  if (baseline === undefined || sent === undefined || code > baseline.version) return undefined
  const listed = sent.extensions.includes(extensionTypes.supported_versions.code)
  // Without the list the hello has the highest alone, RFC 5246 §E.1: whether it goes lower is the question.
  if (listed ? !sent.versions.includes(code) : Math.max(...sent.versions) < code) return undefined
  const keys: readonly KeyKind[] = [baseline.serving.chain.key, 'rsa-2048', 'p256']
  const suites = sent.cipherSuites.filter(isSuiteOfOld)
  const key = keys.find((one) => offersKey({ ...sent, cipherSuites: suites }, one, code))
  return key && withChain({ ...baseline.serving, maxVersion: version }, { key })
}

/** AES in CBC with SHA-1 is what OpenSSL still has for them. */
function isSuiteOfOld(code: number): boolean {
  const suite = findCipherSuite(code)
  if (suite === undefined || (suite.kx !== 'rsa' && suite.kx !== 'ecdhe')) return false
  return suite.mac === 'sha1' && suite.cipher.startsWith('aes')
}

/** Only of a device that offers TLS 1.3, which must look for it, and takes 1.2. The random is ours to write in our own TLS alone. */
function sentinelServing(exam: ExamView): Serving | undefined {
  const { baseline } = exam
  const tls12 = versions['TLSv1.2'].code
  if (baseline?.version !== tls12 || !helloFound(exam)?.sent.versions.includes(versions['TLSv1.3'].code))
    return undefined
  return withOwnRecords(exam, { ...baseline.serving, disturbance: { kind: 'downgrade-sentinel' } })
}

function asked(exam: ExamView, key: Question): Answer[] {
  return exam.of('old-versions').filter(({ probe }) => probe.key === key)
}

function saidOf(exam: ExamView, key: Question) {
  const { baseline } = exam
  if (baseline === undefined) return undefined
  const said = ({ outcome }: Answer) => saidOfHandshake(outcome, baseline)
  return toldOf(exam, exam.of('old-versions'), key, said)
}
