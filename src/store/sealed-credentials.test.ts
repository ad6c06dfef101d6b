import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openSealingKey, SealingKey } from './sealed-credentials.ts'

const text = randomBytes(32).toString('base64')
const key = new SealingKey(text)

describe('a sealed credential', () => {
  test('opens with its key and under its name, and is never the same bytes twice', () => {
    const sealed = key.seal('slack', 'geheim ü')
    expect(key.open('slack', sealed)).toBe('geheim ü')
    expect(Buffer.from(sealed).includes('geheim')).toBe(false)
    expect(key.seal('slack', 'geheim ü')).not.toEqual(sealed)
  })

  test('does not open under another name, with another key, or with any bit turned', () => {
    const sealed = key.seal('slack', 'geheim')
    expect(() => key.open('other', sealed)).toThrow('does not open')
    const other = new SealingKey(randomBytes(32).toString('hex'))
    expect(() => other.open('slack', sealed)).toThrow(`sealed with key ${key.id}`)
    for (let at = 0; at < sealed.length; at++) {
      const turned = Uint8Array.from(sealed)
      turned[at] = (turned[at] ?? 0) ^ 1
      expect(() => key.open('slack', turned)).toThrow()
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(() => key.open('slack', sealed.subarray(0, length))).toThrow()
    }
  })

  test('its key has an id that does not tell it, the same for both ways to write it', () => {
    const hex = Buffer.from(text, 'base64').toString('hex')
    expect(new SealingKey(hex).id).toBe(key.id)
    expect(hex).not.toContain(key.id)
  })
})

describe('the key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-key-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = (name: string, content: string, mode = 0o600) => {
    writeFileSync(join(folder, name), content)
    chmodSync(join(folder, name), mode)
    return join(folder, name)
  }

  test('comes from a file, or else from the environment, or there is none', () => {
    expect(openSealingKey(file('good', `${text}\n`), { TLSFIT_KEY: 'x' })?.id).toBe(key.id)
    expect(openSealingKey(undefined, { TLSFIT_KEY: text })?.id).toBe(key.id)
    expect(openSealingKey(undefined, {})).toBeUndefined()
  })

  test.each([
    ['short', 'abc', 0o600, 'not 32 bytes'],
    ['long', text.repeat(100), 0o600, 'is no key file'],
    ['open', text, 0o644, 'may be read by anybody'],
  ])('a file that is %s is refused, and nothing of it is told', (name, content, mode, why) => {
    const open = () => openSealingKey(file(name, content, mode), {})
    expect(open).toThrow(why)
    expect(open).not.toThrow(text)
  })

  test('a file that is not there is named', () => {
    expect(() => openSealingKey(join(folder, 'none'), {})).toThrow('ENOENT')
  })
})
