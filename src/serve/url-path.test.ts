import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatUrlPath, parseUrlPath } from './url-path.ts'

test.each([
  ['/', []],
  ['/fw.bin', ['fw.bin']],
  ['/fw.bin?token=1', ['fw.bin']],
  ['/a/b/c.bin', ['a', 'b', 'c.bin']],
  ['/a/', ['a']],
  ['/my%20file+1.bin', ['my file+1.bin']],
  ['/%C3%A9.bin', ['é.bin']],
  ['/100%25.bin', ['100%.bin']],
  ['/a..b/c..', ['a..b', 'c..']],
])('%s names %j', (target, segments) => {
  expect(parseUrlPath(target)).toEqual({
    kind: 'path',
    segments,
    slash: target.endsWith('/'),
  })
})

test.each([
  '/..',
  '/../etc/passwd',
  '/a/../../etc/passwd',
  '/a/..',
  '/./a',
  '/.',
  '/%2e%2e/etc/passwd',
  '/%2E%2E%2fetc/passwd',
  '/..%2fetc',
  '/a%2f..%2fb',
  '/%252e%252e/etc/passwd',
  '/%252fetc',
  '/%c0%ae%c0%ae/etc/passwd',
  '/%e0%80%ae/x',
  '/..%c0%afetc',
  '/..\\etc',
  '/..%5cetc',
  '/a%5c..%5cb',
  '/C:%5Cwindows',
  '/a%00.bin',
  '/%00',
  '/a%0d%0ab',
  '/a%7f',
  '//etc/passwd',
  '/a//b',
  '//',
  '/%',
  '/%4',
  '/%zz',
  '/%u002e',
  'fw.bin',
  '*',
  '',
])('%s is refused as no path', (target) => {
  expect(parseUrlPath(target)).toMatchObject({ kind: 'refused', status: 400 })
})

test.each([
  '/.env',
  '/.git/config',
  '/a/.ssh/id',
  '/%2egit/config',
  '/...',
  '/.well-known/x',
  `/${'a/'.repeat(40)}b`,
  `/${'a'.repeat(300)}`,
])('%s is not there', (target) => {
  expect(parseUrlPath(target)).toMatchObject({ kind: 'refused', status: 404 })
})

test('whatever is accepted is a list of plain names, and is written back to the same', () => {
  const piece = fc.constantFrom(
    '/',
    '.',
    '..',
    '%2e',
    '%2f',
    '%25',
    '\\',
    '%5c',
    'a',
    '%00',
    '?',
    '%',
    'é',
    ' ',
  )
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const path = parseUrlPath(`/${pieces.join('')}`)
      if (path.kind === 'refused') return
      for (const name of path.segments) expect(name).not.toMatch(/^\.|[/\\\0]|^$/)
      expect(parseUrlPath(formatUrlPath(path.segments))).toMatchObject({ segments: path.segments })
    }),
    { numRuns: 2_000 },
  )
})
