import { measuredHttp } from './measured-http.ts'
import { measuredLimits } from './measured-limits.ts'
import { keyed, type MeasuredValue } from './measured-value.ts'
import { measuredVerification } from './measured-verification.ts'
import { otherVersionOf } from './other-version.ts'
import { chainFound } from './topics/chain.ts'
import { PSS, pssFound } from './topics/keys.ts'

/** Each value that a profile has a place for, in its order. A topic adds a row to its family. */
export const measuredValues: readonly MeasuredValue[] = [
  ...measuredLimits,
  ...measuredVerification,
  {
    group: 'build',
    key: 'pssBelow13',
    topics: ['keys'],
    asks: keyed(PSS),
    of: (exam) => {
      const found = pssFound(exam)
      if (found === 'takes') return { value: 'verified' }
      return found === 'refuses' ? { value: 'refused' } : undefined
    },
  },
  ...measuredHttp,
  {
    group: undefined,
    key: 'handshakeFragments',
    topics: ['chain'],
    asks: ({ probe }) => probe.key.startsWith('split'),
    of: (exam) => {
      const joins = chainFound(exam)?.joinsRecords
      const other = otherVersionOf(exam)
      const differs = other !== undefined && (chainFound(other)?.joinsRecords ?? joins) !== joins
      return joins === undefined || differs ? undefined : { value: joins ? 'joined' : 'refused' }
    },
  },
]
