import { helloFound } from '../hello-found.ts'
import { offersKey, offersRsaKeyExchange } from '../offered.ts'
import { ONLY_RSA_KEY_EXCHANGE, ownChoice } from '../own-records.ts'
import { saidOfHandshake } from '../said.ts'
import type { Serving } from '../serving.ts'
import { withChain } from '../serving-of.ts'
import type { Answer, Baseline, ExamView } from '../topic.ts'

const HEADER_BYTES = 4
/** Header and verify_data of both sides, RFC 5246 §7.4.9: sealed, and so not among what was counted. */
const BOTH_FINISHED_BYTES = 2 * (HEADER_BYTES + 12)
/** verify_data of TLS 1.3 is as long as the hash of the suite, RFC 8446 §4.4.4. */
const verifyBytes: { readonly [hash: string]: number } = { sha256: 32, sha384: 48 }

/** All handshake messages of a connection together, headers included: a limit of GnuTLS counts so. */
export interface HandshakeBytes {
  /** Of the largest that passed below the smallest that failed. */
  readonly passes: number
  readonly fails: number
}

/**
 * The same chain in a handshake whose other messages are smaller: an ECDSA signature instead of one by RSA, or no
 * ServerKeyExchange. What fails for its Certificate message alone fails here, too. Undefined: the device offers neither.
 */
export function lighterHandshake(exam: ExamView, baseline: Baseline): Serving | undefined {
  const hello = helloFound(exam)?.sent
  const { serving, version } = baseline
  if (hello === undefined || !serving.chain.key.startsWith('rsa')) return undefined
  if (offersKey(hello, 'p256', version)) return withChain(serving, { key: 'p256' })
  return version <= TLS12 && offersRsaKeyExchange(hello)
    ? { ...serving, suites: ONLY_RSA_KEY_EXCHANGE }
    : undefined
}

/**
 * Between which sums of all handshake messages the device ceases to take a chain. Undefined where no sum parts what passed
 * from what failed, and in TLS 1.3 where OpenSSL seals them.
 */
export function handshakeBytesOf(
  exam: ExamView,
  answers: readonly Answer[],
  baseline: Baseline,
): HandshakeBytes | undefined {
  const unseen = baseline.version <= TLS12 ? BOTH_FINISHED_BYTES : deviceFinishedBytes(exam, baseline)
  if (unseen === undefined) return undefined
  const seen = answers.filter(({ probe }) => baseline.version <= TLS12 || probe.serving.engine === 'own')
  const said = seen.map(({ outcome }) => ({ outcome, said: saidOfHandshake(outcome, baseline) }))
  const good = said.filter((one) => one.said === 'passes').map(({ outcome }) => outcome)
  const bad = said.filter((one) => one.said === 'fails').map(({ outcome }) => outcome)
  const last = good.at(-1)
  if (last === undefined || bad.length === 0) return undefined
  const passes = Math.max(...good.map(({ sent }) => sent.flightBytes + sent.deviceFlightBytes))
  // What a device would have answered that broke off: as much as one that did.
  const fails = Math.min(...bad.map(({ sent }) => sent.flightBytes + last.sent.deviceFlightBytes))
  return passes < fails ? { passes: passes + unseen, fails: fails + unseen } : undefined
}

/**
 * Of our own records in TLS 1.3 all is counted but the device's Finished. After a HelloRetryRequest the transcript holds
 * a hash in place of the first hello, RFC 8446 §4.4.1: what a device counts then is not known.
 */
function deviceFinishedBytes(exam: ExamView, { serving }: Baseline): number | undefined {
  const choice = ownChoice(exam, serving)
  const bytes = choice?.clientShare && verifyBytes[choice.suite.hash]
  return bytes === undefined ? undefined : HEADER_BYTES + bytes
}

const TLS12 = 0x0303
