import { expect, test } from 'vitest'
import { examine } from '../../test/support/examine.ts'
import { measuredProfile } from './measured-profile.ts'
import { otherVersionOf } from './other-version.ts'

test('what is HTTP holds in every version of TLS: it is measured once, and no version narrows it', () => {
  const exam = examine({
    both: true,
    head: 1000,
    range: 'bytes=0-1023',
    needsRanges: true,
    follows: ['same-host'],
  })
  expect(otherVersionOf(exam)?.baseline?.version).toBe(0x0304)
  const { http } = measuredProfile(exam, { family: 'x', version: '0' }).common
  expect(http).toMatchObject({
    responseHeadBytes: { value: 1000, passes: { text: 1000 }, fails: { text: 1001 } },
    redirects: { value: 'followed' },
    rangeSupport: { value: 'needed' },
    rangeBytes: { value: 1024 },
  })
  expect(JSON.stringify(http)).not.toContain('tlsVersions')
})
