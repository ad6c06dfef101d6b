import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { OutputFile } from './output-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tlsfit-output-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('OutputFile', () => {
  test('stands under its name once it is whole, and not before', () => {
    const path = join(folder, 'out.xml')
    writeFileSync(path, 'old')
    const file = new OutputFile(path)
    file.write('né')
    file.write('w')
    expect(readFileSync(path, 'utf8')).toBe('old')
    file.commit()
    expect(readFileSync(path, 'utf8')).toBe('néw')
    expect(readdirSync(folder)).toEqual(['out.xml'])
  })

  test('discarded, it leaves what was there', () => {
    const path = join(folder, 'out.xml')
    writeFileSync(path, 'old')
    const file = new OutputFile(path)
    file.write('new')
    file.discard()
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['out.xml'])
  })

  test('a link stays a link: the file that it names is written', () => {
    writeFileSync(join(folder, 'real.xml'), 'old')
    symlinkSync('real.xml', join(folder, 'link.xml'))
    const file = new OutputFile(join(folder, 'link.xml'))
    file.write('new')
    file.commit()
    expect(readFileSync(join(folder, 'real.xml'), 'utf8')).toBe('new')
  })

  test('what is no file is written as it is, and stays', () => {
    const before = statSync('/dev/null')
    const file = new OutputFile('/dev/null')
    file.write('new')
    file.commit()
    expect(statSync('/dev/null').rdev).toBe(before.rdev)
  })

  test('a folder that is missing, and a folder in its place, are told in a line', () => {
    const missing = join(folder, 'a', 'out.xml')
    expect(() => new OutputFile(missing)).toThrow(
      expect.objectContaining({
        message: `cannot write ${missing}: its folder does not exist`,
        hint: `make the folder first: mkdir -p ${join(folder, 'a')}`,
      }),
    )
    mkdirSync(join(folder, 'b'))
    expect(() => new OutputFile(join(folder, 'b'))).toThrow(/it is a folder/)
    expect(readdirSync(folder)).toEqual(['b'])
  })

  test.skipIf(process.getuid?.() === 0)('a folder that may not be written is told', () => {
    chmodSync(folder, 0o500)
    expect(() => new OutputFile(join(folder, 'out.xml'))).toThrow(/permission denied/)
    chmodSync(folder, 0o700)
  })

  test.skipIf(process.platform !== 'linux')('a full disk is told', () => {
    const file = new OutputFile('/dev/full')
    expect(() => file.write('x')).toThrow(/\/dev\/full: no space is left on the disk/)
  })
})
