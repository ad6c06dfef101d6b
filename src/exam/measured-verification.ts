import { keyed, type MeasuredValue, type Written } from './measured-value.ts'
import type { ExamView } from './topic.ts'
import { nameFound } from './topics/names.ts'
import { checkFound, issuerVerified, keysOf, nameCompared } from './topics/verification.ts'

/** Whom it trusts. */
export const measuredVerification: readonly MeasuredValue[] = [
  {
    group: 'verification',
    key: 'peer',
    topics: ['verification', 'more-verification'],
    asks: keyed(...keysOf('unknown-ca'), 'unknown-ca-root-sent', 'unknown-ca-same-name', 'self-signed'),
    of: peer,
  },
  {
    group: 'verification',
    key: 'name',
    topics: ['verification', 'more-verification'],
    asks: keyed(...keysOf('wrong-name'), 'neighbour-name', 'address-only'),
    of: (exam) => told(nameCompared(exam), 'checked', 'unchecked'),
  },
  {
    group: 'verification',
    key: 'dates',
    topics: ['verification', 'more-verification'],
    asks: keyed('expired', 'expired-intermediate', 'not-yet-valid'),
    of: dates,
  },
  {
    group: 'verification',
    key: 'ipAddressSan',
    topics: ['names'],
    asks: keyed('address-as-dns-name'),
    // It takes a certificate with both forms, and not one with the dNSName alone.
    of: (exam) => (nameFound(exam, 'address-as-dns-name') === 'refuses' ? { value: 'matched' } : undefined),
  },
]

function told(
  said: 'refuses' | 'accepts' | undefined,
  refuses: string,
  accepts: string,
): Written | undefined {
  return said === undefined ? undefined : { value: said === 'refuses' ? refuses : accepts }
}

/** A certificate signed by itself is of no CA either: where one is taken and the other is not, both are told apart. */
function peer(exam: ExamView): Written | undefined {
  const unknown = issuerVerified(exam)
  const own = checkFound(exam, 'self-signed')
  if (unknown === undefined) return undefined
  if (unknown === 'refuses' && own === 'accepts') return undefined
  return told(unknown, 'required', 'none')
}

function dates(exam: ExamView): Written | undefined {
  const expired = checkFound(exam, 'expired')
  const others = (['expired-intermediate', 'not-yet-valid'] as const).map((id) => checkFound(exam, id))
  if (expired === undefined || others.some((one) => one !== undefined && one !== expired)) return undefined
  return told(expired, 'checked', 'unchecked')
}
