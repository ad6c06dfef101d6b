import { expect, test } from 'vitest'
import { found, judged, pemOf } from '../../test/support/judge-observations.ts'

test('a leaf over the limit by itself is in every path, so no way of counting lets it fit', () => {
  const verdict = judged(pemOf('chain-aliyun-5438'))
  expect(verdict).toMatchObject({ state: 'blocked', stage: 'chain' })
  expect(found(verdict, 'chain-too-large')).toMatchObject({ effect: 'blocks' })
})
