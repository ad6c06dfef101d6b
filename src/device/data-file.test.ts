import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { DataFileError, parseDataFile } from './data-file.ts'
import { FileFaults } from './file-faults.ts'
import { oneOf, secretPlace, text } from './file-parts.ts'

const row = v.lazy((input) =>
  typeof input === 'string' ? text : v.strictObject({ address: text, secret: v.optional(secretPlace) }),
)
const schema = v.strictObject({
  devices: v.optional(v.array(row), []),
  limits: v.optional(v.record(text, v.strictObject({ least: v.optional(v.number()) })), {}),
  kind: v.optional(
    v.variant('type', [
      v.strictObject({ type: v.literal('one'), folder: text }),
      v.strictObject({ type: v.literal('two'), seconds: text }),
    ]),
  ),
  way: v.optional(oneOf({ left: v.optional(text), right: v.optional(text) })),
})

function faultOf(written: string): DataFileError {
  try {
    parseDataFile(written, 'x.yaml', schema)
  } catch (error) {
    if (error instanceof DataFileError) return error
    throw error
  }
  throw new Error('no fault found')
}

describe('a file written by people', () => {
  test.each([
    ['at the top', 'devces: []\n', 1, 'devices'],
    ['in a list of texts or tables', 'devices:\n  - one\n  - { adress: x }\n', 3, 'address'],
    ['in a record', 'limits:\n  chain:\n    leest: 3\n', 3, 'least'],
    ['in one of several shapes', 'kind:\n  type: two\n  secondes: a\n  seconds: b\n', 3, 'seconds'],
    ['in a table of which one key is wanted', 'way:\n  rigth: a\n', 2, 'right'],
    ['deep within', 'devices:\n  - address: x\n    secret: { fiel: a }\n', 3, 'file'],
  ])('an unknown key %s is told with the nearest that there is', (_, written, line, near) => {
    const fault = faultOf(written)
    expect(fault.line).toBe(line)
    expect(fault.message).toMatch(/is no key of this file|exactly one/)
    expect(fault.hint).toBe(`did you mean ${near}?`)
  })

  test('a key that is like none is told with all that there are', () => {
    expect(faultOf('colour: red\n').hint).toBe('check its spelling; there are: devices, limits, kind, way')
  })

  test('faults found in any order are told from the first line on', () => {
    const faults = new FileFaults('a: 1\nb: 2\n', 'x.yaml')
    faults.add(['b'], 'is second', 'mend b')
    faults.add(['a'], 'is first', 'mend a')
    expect(() => faults.throwFirst()).toThrow('x.yaml:1: a: is first')
  })

  test('whatever the file holds, it is read or told as one fault', () => {
    const key = fc.constantFrom(
      'devices',
      'limits',
      'kind',
      'way',
      'type',
      'address',
      'secret',
      'x',
      '__proto__',
    )
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.double(),
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
      ),
    }))
    fc.assert(
      fc.property(tree, (value) => {
        try {
          parseDataFile(JSON.stringify(value, null, 1), 'x.yaml', schema)
        } catch (error) {
          expect(error).toBeInstanceOf(DataFileError)
        }
      }),
    )
  })
})
