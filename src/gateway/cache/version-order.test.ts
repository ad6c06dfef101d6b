import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type NewestVersion, OLDER_TAGS_KEPT, orderOf, succeed, type VersionSeen } from './version-order.ts'

const version = (etag: string, lastModified?: number, length = 10): VersionSeen => ({
  etag,
  length,
  lastModified,
})

describe('the order of versions', () => {
  const known = succeed(version('"b"', 2_000), succeed(version('"a"', 1_000), undefined))

  test.each([
    ['the same tag is the same version', version('"b"', 2_000), 'same'],
    ['the same tag with another date is the same version', version('"b"', 9_000), 'same'],
    ['one tag with two lengths is neither', version('"b"', 2_000, 11), 'etag-reused'],
    ['a new tag with a later date is newer', version('"c"', 3_000), 'newer'],
    ['a new tag with an earlier date is older', version('"c"', 1_500), 'older'],
    ['a new tag with the same date is newer, as it was seen later', version('"c"', 2_000), 'newer'],
    ['a new tag without a date is newer', version('"c"'), 'newer'],
    ['a tag seen before is older', version('"a"', 1_000), 'older'],
    ['a tag seen before, without a date, is older', version('"a"'), 'older'],
    ['a tag seen before is newer where it was published anew', version('"a"', 3_000), 'newer'],
  ])('%s', (_name, seen, order) => {
    expect(orderOf(seen, known)).toBe(order)
  })

  test('the first version seen is the newest', () => {
    expect(orderOf(version('"a"'), undefined)).toBe('newer')
  })

  test('without dates no tag comes back once another followed it', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('"a"', '"b"', '"c"', '"d"'), { maxLength: 30 }), (tags) => {
        let newest: NewestVersion | undefined
        const taken: string[] = []
        for (const tag of tags) {
          if (orderOf(version(tag), newest) !== 'newer') continue
          newest = succeed(version(tag), newest)
          taken.push(tag)
        }
        expect(taken).toEqual([...new Set(tags)])
      }),
    )
  })

  test('what is remembered has a bound, the newest kept', () => {
    let newest = succeed(version('"0"'), undefined)
    for (let i = 1; i <= OLDER_TAGS_KEPT + 5; i++) newest = succeed(version(`"${i}"`), newest)
    expect(newest.olderTags).toHaveLength(OLDER_TAGS_KEPT)
    expect(newest.olderTags[0]).toBe(`"${OLDER_TAGS_KEPT + 4}"`)
  })
})
