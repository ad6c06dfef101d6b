import { describe, expect, test } from 'vitest'
import {
  acceptsCoding,
  codingOfName,
  isRegisteredCoding,
  packedEnding,
  parseContentCodings,
} from './content-coding.ts'

describe('Content-Encoding', () => {
  test.each([
    ['gzip', ['gzip']],
    ['GZip', ['gzip']],
    ['x-gzip', ['gzip']],
    ['x-compress', ['compress']],
    ['deflate, gzip', ['deflate', 'gzip']],
    [' , br ,', ['br']],
    ['aws-chunked', ['aws-chunked']],
    ['identity', []],
    ['Identity, gzip', ['gzip']],
    ['', []],
  ])('%s', (field, codings) => {
    expect(parseContentCodings(field)).toEqual(codings)
  })

  test('what no registry knows is told apart from what everybody means the same by', () => {
    for (const name of ['gzip', 'br', 'zstd', 'deflate', 'compress'])
      expect(isRegisteredCoding(name)).toBe(true)
    for (const name of ['aws-chunked', 'utf-8', 'none', 'binary', 'constructor']) {
      expect(isRegisteredCoding(name)).toBe(false)
    }
  })
})

describe('Accept-Encoding', () => {
  test.each([
    ['gzip, deflate, br', 'gzip', true],
    ['gzip, deflate, br', 'zstd', false],
    ['x-gzip', 'gzip', true],
    ['GZIP;q=0.5', 'gzip', true],
    ['gzip;q=0', 'gzip', false],
    ['gzip; q=0.000', 'gzip', false],
    ['gzip;q=0.001', 'gzip', true],
    ['*', 'br', true],
    ['identity;q=1,chunked;q=0.1,*;q=0', 'gzip', false],
    ['gzip;q=0, *', 'gzip', false],
    ['identity', 'gzip', false],
    ['', 'gzip', false],
  ])('"%s" and %s', (field, coding, taken) => {
    expect(acceptsCoding(field, coding)).toBe(taken)
  })
})

describe('the name of a file', () => {
  test.each([
    ['/fw.bin.gz', 'gzip'],
    ['/fw.TGZ?v=1.br', 'gzip'],
    ['/a.gz/fw.bin', undefined],
    ['/fw.bin?file=x.gz', undefined],
    ['/fw.bin.zst', 'zstd'],
    ['/gz', undefined],
    ['', undefined],
  ])('%s', (path, coding) => {
    expect(codingOfName(path)).toBe(coding)
  })

  test('its end is found where it stands', () => {
    expect(packedEnding('/fw.bin.gz?v=1')).toEqual({ at: 7, text: '.gz' })
    expect(packedEnding('/v1.toString')).toBeUndefined()
  })
})
