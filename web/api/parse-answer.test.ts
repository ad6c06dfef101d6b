import { expect, test } from 'vitest'
import { parseAnswer } from './parse-answer.ts'

test('what turns text around or hides in it is made visible, however deep it lies', () => {
  const answer = parseAnswer(JSON.stringify({ a: [{ name: 'x\u202egnp.exe' }], b: '\u200b\u0007', c: 5 }))
  expect(answer).toEqual({ a: [{ name: 'x\\u{202e}gnp.exe' }], b: '\\u{200b}\\u{7}', c: 5 })
})

test('lines, tabs and letters of any language stay', () => {
  const text = 'Zürich\t京都\r\nשלום e\u0301'
  expect(parseAnswer(JSON.stringify(text))).toBe(text.replace('\r', ''))
})
