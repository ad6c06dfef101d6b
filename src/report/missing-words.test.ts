import { describe, expect, test } from 'vitest'
import { azureVerdict, finding } from '../../test/support/verdict-fixture.ts'
import type { Verdict } from '../judge/verdict.ts'
import { formatMissing } from './missing-words.ts'
import { formatSentence } from './words.ts'

const ended = { index: 0, subject: 'a.example', notAfter: new Date(0), daysAgo: 3 }

function whatSettles(about: string, verdict: Verdict): string {
  return formatMissing({ needs: 'measured-limit', why: 'not known', about }, verdict).what
}

describe('what settles an open date', () => {
  const open = finding('cert-expired', { ...ended, deviceChecks: 'where-verified' }, { effect: 'unknown' })
  const verdict = azureVerdict({ state: 'undecided', stage: undefined, findings: [open] })

  test('speaks of dates, or of verifying where dates hang on that', () => {
    expect(whatSettles('dates', verdict)).toMatch(/whose certificate has ended.*looks at dates$/)
    expect(whatSettles('peer', verdict)).toMatch(/CA that it does not hold.*does not verify/)
    expect(formatSentence(open, 'dial')).toMatch(
      /The device checks dates where it verifies; whether it verifies is not known\.$/,
    )
  })

  test('does not come out of a connection that may fail for the size of the chain', () => {
    expect(whatSettles('chainBytes', verdict)).toMatch(
      /failing there proves nothing of it while more is open$/,
    )
    const size = finding(
      'chain-size-unusual',
      { sentBytes: 9000, ordinaryBytes: 5000 },
      { effect: 'unknown' },
    )
    const alone = azureVerdict({ state: 'undecided', stage: undefined, findings: [size] })
    expect(whatSettles('chainBytes', alone)).toMatch(/failing there, it does not$/)
  })

  test('does not come out of one that may fail for a root that nobody said is held', () => {
    const root = { needs: 'anchor', why: 'not known', about: undefined } as const
    const open = azureVerdict({ state: 'fits', stage: undefined, findings: [], missing: [root] })
    expect(whatSettles('chainBytes', open)).toMatch(/failing there proves nothing of it while more is open$/)
  })
})

describe('an endpoint to look at', () => {
  const settle = (target: Partial<Verdict['observation']['target']>, source: 'dial' | 'pem') => {
    const { observation } = azureVerdict()
    const seen = { ...observation, source, target: { ...observation.target, ...target } }
    const verdict = azureVerdict({ observation: seen })
    return formatMissing({ needs: 'live-endpoint', why: 'not seen', about: undefined }, verdict)
  }

  test('of certificates in a file is the server that has them, with its port', () => {
    expect(settle({ protocol: 'mqtts', host: 'a.example', port: 8443 }, 'pem').command).toMatch(
      /^tlsfit check mqtts:\/\/a\.example:8443 --device /,
    )
    expect(settle({ protocol: 'file', host: 'a.example', port: undefined }, 'pem').command).toMatch(
      /^tlsfit check https:\/\/a\.example --device /,
    )
  })

  test('that was dialled is itself, and not called a file of certificates', () => {
    const { what, command } = settle({ text: 'https://a.example:8443/fw.bin' }, 'dial')
    expect(what).not.toMatch(/certificates/)
    expect(command).toMatch(/^tlsfit check https:\/\/a\.example:8443\/fw\.bin --device /)
  })
})
