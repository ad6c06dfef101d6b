import { decodeRecordSizeLimit, readExtension } from '../tls/extensions.ts'
import { namedGroups } from '../tls/named-groups.ts'
import { MAX_PLAINTEXT_BYTES } from '../tls/record-reader.ts'
import { canServe, chooseFor, type ServerChoice, type ServerMeans } from '../tls/server/server-choice.ts'
import { parseVersion, versions } from '../tls/versions.ts'
import { type HelloRead, readHello } from './hello-found.ts'
import type { Said } from './limit-search.ts'
import { remembered } from './remembered.ts'
import { saidOfHandshake } from './said.ts'
import { toldOf } from './searching.ts'
import type { KeyKind, Serving } from './serving.ts'
import type { Answer, ExamView } from './topic.ts'

const leafCurves: { readonly [Kind in KeyKind]?: string } = {
  p256: 'prime256v1',
  p384: 'secp384r1',
  p521: 'secp521r1',
}

/** What our own TLS may choose among for a serving; undefined: the serving asks for what it does not do. */
export function ownMeans({
  chain,
  maxVersion,
  group,
  suites,
  rsaSignature,
  resumption,
  disturbance,
}: Serving): ServerMeans | undefined {
  if (resumption || chain.key === 'ed25519') return undefined
  if (disturbance !== undefined && disturbance.kind !== 'downgrade-sentinel') return undefined
  if (suites !== undefined && suites !== ONLY_RSA_KEY_EXCHANGE) return undefined
  const groups = group === undefined ? undefined : namedGroups[group as keyof typeof namedGroups]
  const leafCurve = leafCurves[chain.key]
  return {
    maxVersion: parseVersion(maxVersion) ?? versions['TLSv1.2'].code,
    leafKey: leafCurve === undefined ? 'rsa' : 'ecdsa',
    leafCurve,
    groups: groups && [groups.code],
    onlyRsaKeyExchange: suites !== undefined,
    rsaSignature,
  }
}

/** OpenSSL's word for suites without a ServerKeyExchange. */
export const ONLY_RSA_KEY_EXCHANGE = 'kRSA'

/**
 * Whether OpenSSL's records would tell too little of the device: it asks for small ones, or all but the ServerHello is
 * sealed, as in TLS 1.3.
 */
export function needsOwnRecords(exam: ExamView): boolean {
  const { baseline } = exam
  return baseline !== undefined && (baseline.version >= versions['TLSv1.3'].code || asksForSmallRecords(exam))
}

/** By max_fragment_length or record_size_limit: a server that knows them keeps to that, as OpenSSL does to the first. */
export function asksForSmallRecords(exam: ExamView): boolean {
  const hello = goodHello(exam)
  if (hello === undefined) return false
  const limit = readExtension(hello.hello.extensions, 'record_size_limit', decodeRecordSizeLimit)
  return hello.sent.maxFragmentLength !== undefined || (limit ?? Infinity) < MAX_PLAINTEXT_BYTES
}

/** The same with our own records, where the device's hello has something for them. */
export function withOwnRecords(exam: ExamView, serving: Serving): Serving | undefined {
  const hello = goodHello(exam)?.hello
  const means = ownMeans(serving)
  if (hello === undefined || means === undefined || !canServe(hello, means)) return undefined
  return { ...serving, engine: 'own' }
}

/** What our own TLS chooses then; undefined: nothing. */
export function ownChoice(exam: ExamView, serving: Serving): ServerChoice | undefined {
  const own = withOwnRecords(exam, serving)
  const hello = goodHello(exam)?.hello
  const means = own && ownMeans(own)
  return hello && means && chooseFor(hello, means)
}

/** That of the good connection which the others are compared with. */
function goodHello({ baseline, answers }: ExamView): HelloRead | undefined {
  return readHello(answers.find(({ probe }) => probe.serving === baseline?.serving)?.outcome.hello)
}

/** Whether the device takes our own records where nothing about them is odd; undefined: not asked, or not asked enough. */
export const takesOwnRecords = remembered((exam): Said | undefined => {
  const { baseline } = exam
  if (baseline === undefined) return undefined
  const said = ({ outcome }: Answer) => saidOfHandshake(outcome, baseline)
  return toldOf(exam, exam.of('own-records'), PLAIN, said)
})

/** Key of that question. */
export const PLAIN = 'plain'

/** For questions about records: our own where they are needed and taken, else OpenSSL's. */
export function bestRecords(exam: ExamView, serving: Serving): Serving {
  if (takesOwnRecords(exam) !== 'passes') return serving
  return withOwnRecords(exam, serving) ?? serving
}
