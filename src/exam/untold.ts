import { parseIp } from '../x509/ip-address.ts'
import { isNoMatterOfSize } from './control.ts'
import type { Exam } from './exam.ts'
import type { LimitFound, Said } from './limit-search.ts'
import { type GroupToAsk, groupsToAsk } from './offered.ts'
import { asksForSmallRecords, takesOwnRecords } from './own-records.ts'
import { speaksHttp } from './requests.ts'
import { saidOfHandshake } from './said.ts'
import type { Answer, TopicId } from './topic.ts'
import { alternativeNamesFound } from './topics/alternative-names.ts'
import { certificateFound } from './topics/certificate.ts'
import { certificatesFound } from './topics/certificates.ts'
import { chainFound, chainSearches } from './topics/chain.ts'
import { dataRecordSearch, responseHeadSearch } from './topics/data-record.ts'
import { fragmentsFound } from './topics/fragments.ts'
import { idleFound } from './topics/idle.ts'
import {
  groupFound,
  hashFound,
  keyFound,
  type LeafHash,
  type LeafKey,
  leafHashes,
  leafKeys,
  PSS,
  pssFound,
} from './topics/keys.ts'
import { type NameForm, nameForms, nameFound } from './topics/names.ts'
import { type OldVersion, oldVersionFound, oldVersions } from './topics/old-versions.ts'
import { rangesFound } from './topics/ranges.ts'
import { redirectFound } from './topics/redirect.ts'
import { redirectsFound } from './topics/redirects-in-row.ts'
import { resumptionFound } from './topics/resumption.ts'
import {
  type CheckId,
  checkFound,
  checkIds,
  checkSaid,
  isNoQuestion,
  topicOfCheck,
} from './topics/verification.ts'

/** A question that the answers leave open. */
export interface Untold {
  readonly what: UntoldWhat
  readonly why: UntoldWhy
  /** Connections that asked it. */
  readonly connections: number
}

export type UntoldWhat =
  | CheckId
  | NameForm
  | LeafKey
  | LeafHash
  | typeof PSS
  | GroupToAsk
  | 'chain-bytes'
  | 'chain-counts'
  | 'data-record'
  | 'response-head'
  | 'certificate-bytes'
  | 'certificates'
  | 'alternative-names'
  | 'merged-messages'
  | 'redirect'
  | 'redirect-to-plain-http'
  | 'redirects-in-row'
  | 'ranges'
  | 'ranges-ignored'
  | OldVersion
  | 'resumption'
  | 'idle'

export type UntoldWhy =
  | 'not-asked-yet'
  /** The exam is over: no connection was left for it, or what it builds on was not told. */
  | 'not-asked'
  | 'says-nothing'
  /** It passed as often as it failed. */
  | 'contradicts'
  /** The bounds are not next to each other. */
  | 'bounds-apart'
  /** What was refused was larger than all that was taken. */
  | 'may-be-size'
  /** It refused, and not often enough for a device that breaks off for reasons of its own. */
  | 'seldom-refused'
  | 'several-fit'
  /** Not even the smallest that can be asked passed. */
  | 'below-smallest'
  | 'no-http'
  | 'no-range-asked-for'
  | 'sealed'
  /** It asks for small records, and gets them. */
  | 'kept-small'
  | 'too-few-bytes'
  | 'name-not-checked'
  | 'asks-by-address'
  | 'asks-by-name'
  | 'name-too-short'
  | 'another-port'

/** All that was to be asked and is not told, in the order of an exam. Empty before the first good connection. */
export function untoldOf(exam: Exam): Untold[] {
  if (exam.baseline === undefined) return []
  return [
    ...checkIds.flatMap((id) => untoldCheck(exam, id) ?? []),
    ...untoldChain(exam),
    ...untoldSizes(exam),
    ...untoldKeys(exam),
    ...untoldNames(exam),
    ...untoldOldVersions(exam),
    ...untoldHttp(exam),
    ...untoldRest(exam),
  ]
}

const TLS12 = 0x0303

function entry(what: UntoldWhat, why: UntoldWhy, connections = 0): Untold {
  return { what, why, connections }
}

function unasked(exam: Exam): UntoldWhy {
  return exam.next() === undefined ? 'not-asked' : 'not-asked-yet'
}

/** Of questions that were asked, or not, and left nothing. */
function nothing(exam: Exam, what: UntoldWhat, topic: TopicId): Untold {
  const asked = exam.of(topic).length
  return entry(what, asked === 0 ? unasked(exam) : 'says-nothing', asked)
}

function untoldCheck(exam: Exam, id: CheckId): Untold | undefined {
  const { baseline } = exam
  if (baseline === undefined || checkFound(exam, id) !== undefined || isNoQuestion(exam, id)) return undefined
  const asked = exam.of(topicOfCheck(id)).filter(({ probe }) => probe.key === id)
  const said = asked.map((one) => ({ one, said: checkSaid(one, baseline) }))
  return entry(id, asked.length === 0 ? unasked(exam) : whyOpen(exam, said), asked.length)
}

/** Answers that were given and decide nothing. */
function whyOpen(exam: Exam, all: readonly { readonly one: Answer; readonly said: Said }[]): UntoldWhy {
  const refused = all.filter(({ said }) => said === 'fails').map(({ one }) => one)
  if (refused.length === 0) return 'says-nothing'
  if (all.some(({ said }) => said === 'passes')) return 'contradicts'
  // A longer path than any that it took may be what it refused; else there were too few refusals for so flaky a device.
  const longer = refused.every((one) => one.outcome.sent.certificateBytes.length > 1)
  return longer && !refused.some((one) => isNoMatterOfSize(exam, one)) ? 'may-be-size' : 'seldom-refused'
}

function untoldChain(exam: Exam): Untold[] {
  const found = chainFound(exam)
  if (found === undefined) return [nothing(exam, 'chain-bytes', 'chain')]
  const asked = found.message.connections
  if (chainSearches(exam)?.message.refusesLeast) return [entry('chain-bytes', 'below-smallest', asked)]
  return [
    ...(found.message.exact ? [] : [entry('chain-bytes', openBounds(exam, found.message), asked)]),
    ...(found.counts === 'unknown' && found.message.exact
      ? [entry('chain-counts', 'several-fit', exam.of('chain').length - asked)]
      : []),
  ]
}

function openBounds(exam: Exam, { fails, contradicted }: LimitFound): UntoldWhy {
  if (contradicted.length > 0) return 'contradicts'
  return fails === undefined ? unasked(exam) : 'bounds-apart'
}

function untoldSizes(exam: Exam): Untold[] {
  const chain = chainFound(exam)
  const sizes = [
    ['certificate-bytes', 'certificate', certificateFound(exam)?.bytes],
    ['certificates', 'certificates', certificatesFound(exam)?.certificates],
    ['alternative-names', 'alternative-names', alternativeNamesFound(exam)],
  ] as const
  return sizes.flatMap(([what, topic, found]) => {
    if (found?.exact) return []
    if (found !== undefined) return [entry(what, openBounds(exam, found), found.connections)]
    // What the chain may have leaves no room for a question.
    const tooFew = chain?.message.exact === true && what !== 'certificate-bytes'
    return [tooFew ? entry(what, 'too-few-bytes') : nothing(exam, what, topic)]
  })
}

/** What it does not offer is no question, and what it refuses is told. */
function untoldKeys(exam: Exam): Untold[] {
  const open: UntoldWhat[] = [
    ...leafKeys.filter((key) => keyFound(exam, key) === undefined),
    ...(exam.baseline?.version === TLS12 && pssFound(exam) === undefined ? [PSS] : []),
    ...leafHashes.filter((hash) => hashFound(exam, hash) === undefined),
    ...groupsToAsk.filter((group) => groupFound(exam, group) === undefined),
  ]
  return open.map((what) => {
    const asked = [...exam.of('keys'), ...exam.of('groups')].filter(({ probe }) => {
      return probe.key.split('+').includes(what)
    })
    const alone = asked.filter(({ probe }) => probe.key === what)
    const refused = alone.filter(({ outcome }) => saidOfHandshake(outcome, exam.baseline!) === 'fails')
    // What failed together with others is to be asked alone.
    if (alone.length === 0) return entry(what, unasked(exam), asked.length)
    if (refused.length === 0) return entry(what, 'says-nothing', asked.length)
    const ofSize = !refused.some((one) => isNoMatterOfSize(exam, one))
    return entry(what, ofSize ? 'may-be-size' : 'seldom-refused', asked.length)
  })
}

function untoldNames(exam: Exam): Untold[] {
  const host = exam.answers[0]?.outcome.host
  if (host === undefined) return []
  const isAddress = parseIp(host) !== undefined
  return nameForms.flatMap((form) => {
    const found = nameFound(exam, form)
    if (found === 'not-asked') {
      if (form === 'address-as-dns-name') return [entry(form, 'asks-by-name')]
      return [entry(form, isAddress ? 'asks-by-address' : 'name-too-short')]
    }
    if (checkFound(exam, 'wrong-name') === 'accepts') return [entry(form, 'name-not-checked')]
    return found === undefined ? [nothing(exam, form, 'names')] : []
  })
}

function untoldOldVersions(exam: Exam): Untold[] {
  return oldVersions
    .filter((version) => oldVersionFound(exam, version) === undefined)
    .map((version) => {
      const asked = exam.of('old-versions').filter(({ probe }) => probe.key === version)
      return entry(version, asked.length === 0 ? unasked(exam) : 'says-nothing', asked.length)
    })
}

function untoldHttp(exam: Exam): Untold[] {
  const asked = ['data-record', 'response-head', 'redirect', 'ranges'] as const
  if (!speaksHttp(exam)) return asked.map((what) => entry(what, 'no-http'))
  const sizes = [
    ['data-record', dataRecordSearch(exam)],
    ['response-head', responseHeadSearch(exam)],
  ] as const
  const redirect = redirectFound(exam)
  return [
    ...sizes.flatMap(([what, search]) => {
      if (search === undefined) return [nothing(exam, what, what)]
      const { found, steps } = search
      if (found.exact) return []
      if (what === 'data-record' && asksForSmallRecords(exam) && takesOwnRecords(exam) !== 'passes')
        return [entry(what, 'kept-small', found.connections)]
      if (steps.every(({ said }) => said === 'lost')) return [nothing(exam, what, what)]
      return [entry(what, openBounds(exam, found), found.connections)]
    }),
    ...(redirect?.sameHost === undefined ? [nothing(exam, 'redirect', 'redirect')] : []),
    ...(redirect?.plainHttp === 'not-seen' ? [entry('redirect-to-plain-http', 'another-port', 1)] : []),
    ...untoldRow(exam),
    ...untoldRanges(exam),
  ]
}

/** Of a device that follows none there is nothing to count. */
function untoldRow(exam: Exam): Untold[] {
  const same = redirectFound(exam)?.sameHost
  if (same === undefined || same === 'no' || redirectsFound(exam) !== undefined) return []
  return [nothing(exam, 'redirects-in-row', 'redirects-in-row')]
}

function untoldRanges(exam: Exam): Untold[] {
  const found = rangesFound(exam)
  if (found === undefined) return [entry('ranges', 'no-range-asked-for')]
  if (found.ignored !== undefined) return []
  const asked = exam.of('ranges').filter(({ probe }) => probe.key === 'ignored').length
  return [entry('ranges-ignored', asked === 0 ? unasked(exam) : 'says-nothing', asked)]
}

function untoldRest(exam: Exam): Untold[] {
  const { baseline } = exam
  const { merged } = fragmentsFound(exam)
  const sealed = baseline !== undefined && baseline.version > TLS12 && takesOwnRecords(exam) !== 'passes'
  return [
    ...(merged === undefined
      ? [sealed ? entry('merged-messages', 'sealed') : nothing(exam, 'merged-messages', 'fragments')]
      : []),
    ...(resumptionFound(exam) === undefined ? [nothing(exam, 'resumption', 'resumption')] : []),
    ...(idleFound(exam) === undefined ? [nothing(exam, 'idle', 'idle')] : []),
  ]
}
