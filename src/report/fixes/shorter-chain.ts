import { formatNumber } from '../units.ts'
import { endingAt, takesEcdsa } from './certificate-asked.ts'
import { type FixContext, fact, named, numberFact } from './fix-context.ts'

/** A certificate of another kind can stand beside the present one: the client's offer picks. */
export function besides(c: FixContext): boolean {
  if (takesEcdsa(c) !== 'yes') return false
  return c.finding === undefined || bySize.has(c.finding.id) || c.finding.id === 'key-type-unsupported'
}

/** Findings that fewer bytes cure. */
const bySize: ReadonlySet<string> = new Set([
  'chain-too-large',
  'chain-size-undecided',
  'chain-size-unusual',
  'cert-too-large',
  'cert-size-undecided',
  'cert-size-unusual',
  'message-too-large',
  'message-fragmented',
  'limit-near',
  'memory-short',
])

/** Whether the limit is one for each certificate, and not for all of them. */
export function isOfOne(c: FixContext): boolean {
  const id = c.finding?.id
  const near = id === 'limit-near' ? fact(c, 'limit') : undefined
  return id === 'cert-too-large' || id === 'cert-size-undecided' || near === 'certificateBytes'
}

/** The finding that a library's own refusal comes to: it is cured as that one is. */
const asFinding: { readonly [reason: string]: string } = {
  'chain-too-large': 'chain-too-deep',
  'certificate-too-large': 'cert-too-large',
  'message-too-large': 'message-too-large',
  'message-fragmented': 'message-fragmented',
}

/** What a chain that the device takes would be, for what was found; follows `server:` or `please`. */
export function shorterChain(c: FixContext): string {
  const seen = c.finding?.id
  const id = seen === 'stack-refuses' ? (asFinding[fact(c, 'reason') ?? ''] ?? seen) : seen
  if (id === 'cross-sign-path') {
    return `serve the chain without the copy of ${named(c, 'the root', 'subject')} that ${named(
      c,
      'another CA',
      'presentedIssuer',
    )} signed`
  }
  if (id === 'chain-too-deep') {
    const limit = numberFact(c, 'limit')
    return `serve a chain of ${limit === undefined ? 'fewer' : `at most ${limit}`} certificates, without the root and without any that is not needed`
  }
  if (id === 'superfluous-certificates') return 'leave out the certificates that no client needs'
  if (id === undefined)
    return 'serve a shorter chain to the same root: an ECDSA leaf, fewer names, no certificate that is not needed'
  if (!bySize.has(id)) return 'serve another chain to the same root'
  const limit = numberFact(c, 'limitBytes', 'lowBytes', 'limitValue')
  const near = id === 'limit-near' ? fact(c, 'limit') : undefined
  const what =
    isOfOne(c) || id === 'cert-too-large'
      ? 'no certificate in it over'
      : id === 'message-too-large' || near === 'handshakeMessageBytes'
        ? 'its Certificate message at most'
        : 'all certificates together at most'
  const bytes =
    id === 'message-fragmented'
      ? ', small enough for one record'
      : limit === undefined
        ? ''
        : `, ${what} ${formatNumber(limit)} bytes`
  return takesEcdsa(c) === 'yes'
    ? `serve an ECDSA certificate on P-256 beside the present one, with a short chain${bytes}${endingAt(c)}`
    : `serve a shorter chain${bytes}${endingAt(c)}: an RSA key of 2,048 bits, fewer names, no root, nothing that is not needed`
}
