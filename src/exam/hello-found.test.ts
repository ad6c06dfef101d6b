import { expect, test } from 'vitest'
import { helloRecordsOf, modelHello, outcomeOf } from '../../test/support/model-device.ts'
import { Exam } from './exam.ts'
import { helloFound, readHello } from './hello-found.ts'
import { plainServing } from './serving-of.ts'
import type { Answer } from './topic.ts'

const answer = (hello: Uint8Array | undefined): Answer => ({
  probe: { topic: 'baseline', key: 'x', serving: { ...plainServing } },
  outcome: { ...outcomeOf({}, plainServing), hello },
})

test('what a hello offers is told, with its fingerprints', () => {
  const found = helloFound(new Exam([answer(helloRecordsOf(modelHello))]))
  expect(found).toMatchObject({
    names: { versions: ['TLSv1.2'], groups: ['x25519', 'secp256r1', 'secp384r1', 'secp521r1'] },
    sent: { sni: 'device.example.net' },
    recordSizeLimit: undefined,
    tickets: true,
    connections: 1,
    changes: [],
  })
  expect(found?.ja3).toMatch(/^[0-9a-f]{32}$/)
  expect(found?.ja4).toMatch(/^t12d/)
})

test('a hello cut into records of one byte is the same hello', () => {
  const whole = helloRecordsOf(modelHello)
  const cut = [...whole.subarray(5)].flatMap((byte) => [22, 3, 1, 0, 1, byte])
  expect(readHello(Uint8Array.from(cut))).toEqual(readHello(whole))
})

test('what changes from one connection to the next is told, and the extensions of a session do not count', () => {
  const other = {
    ...modelHello,
    version: 0x0302,
    extensions: modelHello.extensions.filter(({ kind }) => kind !== 'session_ticket'),
  }
  const exam = new Exam([answer(helloRecordsOf(modelHello)), answer(helloRecordsOf(other))])
  expect(helloFound(exam)).toMatchObject({ connections: 2, changes: ['versions'] })
})

test('what cannot be read is no hello, and never an error', () => {
  const whole = helloRecordsOf(modelHello)
  for (let length = 0; length < whole.length; length++)
    expect(readHello(whole.subarray(0, length))).toBeUndefined()
  for (let at = 0; at < whole.length; at++) {
    const broken = Uint8Array.from(whole)
    broken[at]! ^= 0xff
    expect(() => readHello(broken)).not.toThrow()
  }
  expect(helloFound(new Exam([answer(undefined)]))).toBeUndefined()
})
