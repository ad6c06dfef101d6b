import { expect, test } from 'vitest'
import { formatRoute, parseRoute } from './route.ts'

test('a page and what is chosen on it go through the address and back', () => {
  const address = formatRoute(['endpoints', 'a/b?c'], { fleet: 'x&y', none: undefined, empty: '' })
  expect(address).toBe('#/endpoints/a%2Fb%3Fc?fleet=x%26y')
  const { path, query } = parseRoute(address)
  expect(path).toEqual(['endpoints', 'a/b?c'])
  expect(query.get('fleet')).toBe('x&y')
})

test('any address is read: what is no good percent-encoding stands as it is', () => {
  expect(parseRoute('').path).toEqual([])
  expect(parseRoute('#/endpoints/%E0%A4%A').path).toEqual(['endpoints', '%E0%A4%A'])
})
