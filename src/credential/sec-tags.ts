import type { CredentialProblem } from './credential.ts'

/** Of %CMNG; Zephyr's sec_tag_t is an int whose negative values are reserved. Both end at 2^31 - 1. */
const maxSecTag = 2_147_483_647

export function checkSecTags(first: number, count: number): readonly CredentialProblem[] {
  const fits = Number.isSafeInteger(first) && first >= 0 && first + count - 1 <= maxSecTag
  if (fits) return []
  return [
    { code: 'sec-tag', text: `security tags are whole numbers from 0 to ${maxSecTag}, one for each anchor` },
  ]
}
