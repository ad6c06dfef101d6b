import { expect, test } from 'vitest'
import { parseTargetList } from './target-list.ts'

test('a byte order mark, line ends of any system, comments and blanks are no targets', () => {
  expect(parseTargetList('\ufeffhttps://a.example/\r\n# not this\r\n\r\n\t https://b.example/ \n')).toEqual([
    'https://a.example/',
    'https://b.example/',
  ])
  expect(parseTargetList('\ufeff# a comment first\na.pem')).toEqual(['a.pem'])
  expect(parseTargetList('https://a.example/\rhttps://b.example/')).toHaveLength(2)
  expect(parseTargetList('\ufeff')).toEqual([])
})

test('a # within a line is part of the target', () => {
  expect(parseTargetList('https://a.example/#part')).toEqual(['https://a.example/#part'])
})

test('a comment after a target is none of it', () => {
  const list = 'https://a.example/fw.bin # the old one\nb.pem\t# ours\n  # alone\nmy chain.pem\n'
  expect(parseTargetList(list)).toEqual(['https://a.example/fw.bin', 'b.pem', 'my chain.pem'])
})

test('more than a URL on a line is told with its line, and not asked for as a path', () => {
  for (const line of [
    'https://a.example/fw.bin nrf9160',
    'mqtts://a.example:8883\tx',
    'HTTPS://a.example/a b',
  ]) {
    expect(() => parseTargetList(`# ours\r\n\r\n${line}\r\n`)).toThrow('line 3 of the list')
  }
})

test('UTF-16 is told as what it is, not as ten thousand targets with control characters', () => {
  for (const text of ['https://a.example/\n', 'a']) {
    const read = Buffer.from(`\ufeff${text}`, 'utf16le').toString('utf8')
    expect(() => parseTargetList(read)).toThrow('UTF-16')
  }
})

test('a single NUL leaves the other lines what they are', () => {
  expect(parseTargetList('https://a.example/\u0000\nhttps://b.example/\n')).toEqual([
    'https://a.example/\u0000',
    'https://b.example/',
  ])
})
