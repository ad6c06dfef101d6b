import { expect, test } from 'vitest'
import { openKnownRoots } from '../io/root-files.ts'
import { computeDistrust } from './store-distrust.ts'

const dated = openKnownRoots().filter(({ distrustedFrom }) => distrustedFrom !== undefined)

test('the rule of the stores gives the day of every root of roots/ whose day was computed', () => {
  const computed = dated.filter(({ distrust }) => distrust?.kind === 'computed')
  expect(computed.length).toBeGreaterThan(5)
  for (const { id, certificate, distrustedFrom } of computed) {
    expect(computeDistrust(certificate), id).toEqual(distrustedFrom)
  }
})

test('it gives no day later than the one announced, but for a root that its owner had taken out', () => {
  const later = dated.filter(
    ({ certificate, distrustedFrom }) => computeDistrust(certificate) > distrustedFrom!,
  )
  expect(later.map(({ id }) => id)).toEqual(['gts-root-r2'])
})
