import { versions } from '../tls/versions.ts'
import { helloFound } from './hello-found.ts'
import { offersKey } from './offered.ts'
import { remembered } from './remembered.ts'
import { saidOfHandshake } from './said.ts'
import { toldOf } from './searching.ts'
import type { KeyKind, Serving } from './serving.ts'
import { withChain } from './serving-of.ts'
import type { Answer, ExamView } from './topic.ts'

/** In which versions of TLS a device is asked whom it trusts. */
export interface TrustVersions {
  /** A good connection of the version that it really speaks: the highest. */
  readonly real: Serving
  /** Of a device that speaks 1.3, one of the older version, to which whoever is on the way can hold it. */
  readonly older: Serving | undefined
}

/** Of the question whether it takes the plain chain in TLS 1.3: else a refusal there would say nothing of trust. */
export const PLAIN_IN_TLS13 = 'plain@TLSv1.3'
/** Behind the key of a question that is asked in the older version. */
export const IN_OLDER = '@TLSv1.2'

/** The limits of a device that offers both versions are measured in TLS 1.2. Undefined: its 1.3 is not known yet. */
export const trustVersions = remembered((exam): TrustVersions | undefined => {
  const { baseline } = exam
  if (baseline === undefined) return undefined
  const plain = plainInTls13(exam)
  if (plain === undefined) return { real: baseline.serving, older: undefined }
  const said = ({ outcome }: Answer) =>
    outcome.version === versions['TLSv1.3'].code || outcome.version === undefined
      ? saidOfHandshake(outcome, baseline)
      : 'fails'
  switch (toldOf(exam, exam.of('verification'), PLAIN_IN_TLS13, said, REFUSALS)) {
    case 'passes':
      return { real: plain, older: baseline.serving }
    case undefined:
      return undefined
    default:
      return { real: baseline.serving, older: undefined }
  }
})

/** Undefined: it offers no TLS 1.3 with a key that we have, or has nothing else. */
export function plainInTls13(exam: ExamView): Serving | undefined {
  const { baseline } = exam
  const hello = helloFound(exam)?.sent
  const tls13 = versions['TLSv1.3'].code
  if (baseline === undefined || baseline.version >= tls13 || !hello?.versions.includes(tls13))
    return undefined
  const keys: readonly KeyKind[] = [baseline.serving.chain.key, 'rsa-2048', 'p256']
  const key = keys.find((one) => offersKey(hello, one, tls13))
  return key && withChain({ ...baseline.serving, maxVersion: 'TLSv1.3' }, { key })
}

/** One refusal may be an accident, and would leave its version out. */
const REFUSALS = 2
