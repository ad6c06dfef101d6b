import { missing } from './missing.ts'
import { draft, type Rule } from './rule.ts'

/** dns: this machine's resolver is not the device's, so a failure leaves all open. */
export const dnsRules: readonly Rule[] = [
  {
    stage: 'dns',
    needs: ['lookup'],
    scope: 'target',
    judge({ observation }) {
      const { host, errorCode, cnames, addresses } = observation.lookup!
      if (errorCode !== undefined || addresses.length === 0) {
        return {
          findings: [draft('dns-failed', 'unknown', { host, code: errorCode ?? 'ENOTFOUND' })],
          missing: [missing('reachable-from-here', `${host} is not resolved from here`)],
        }
      }
      return { findings: cnames.length === 0 ? [] : [draft('cname-irrelevant', 'info', { host, cnames })] }
    },
  },
]
