import { describe, expect, test } from 'vitest'
import { helloRecordsOf, modelHello, outcomeOf } from '../../../test/support/model-device.ts'
import { Exam } from '../exam.ts'
import type { Outcome, RequestSeen } from '../outcome.ts'
import { type AnswerToServe, REDIRECTED_PATH, type Serving } from '../serving.ts'
import { plainServing, withChain } from '../serving-of.ts'
import type { Answer, TopicId } from '../topic.ts'
import { rangesFound } from './ranges.ts'
import { redirectFound } from './redirect.ts'
import { resumptionFound } from './resumption.ts'

const serving = withChain(plainServing, { key: 'rsa-2048' })
const request = (path: string, range?: string): RequestSeen => ({
  kind: 'http',
  method: 'GET',
  path,
  headBytes: 80,
  headerNames: [],
  range,
  connection: undefined,
})

function answer(topic: TopicId, key: string, more: Partial<Serving>, seen: Partial<Outcome>): Answer {
  const asked = { ...serving, ...more }
  return { probe: { topic, key, serving: asked }, outcome: { ...outcomeOf({}, asked), ...seen } }
}

const good = (seen: Partial<Outcome> = {}) => answer('baseline', 'rsa-2048-TLSv1.2', {}, seen)
const redirect = (where: 'same-host' | 'plain-http', seen: Partial<Outcome> = {}) => {
  const served: AnswerToServe = { kind: 'redirect', status: 302, where }
  return answer('redirect', where, { answer: served }, seen)
}

describe('what a device does on its next connections', () => {
  test('a redirect is followed there, or not at all, or nothing is known yet', () => {
    const toSame = redirect('same-host')
    expect(redirectFound(new Exam([good(), toSame]))).toEqual({ sameHost: undefined, plainHttp: undefined })
    const followed = good({ requests: [request(REDIRECTED_PATH)] })
    expect(redirectFound(new Exam([good(), toSame, followed]))?.sameHost).toBe('later-connection')
    expect(redirectFound(new Exam([good(), toSame, good()]))?.sameHost).toBe('no')
  })

  test('that it comes in the clear counts, and that it does not come proves nothing', () => {
    const seen = (cameInPlain: boolean) =>
      redirectFound(new Exam([good(), redirect('plain-http', { cameInPlain })]))?.plainHttp
    expect([seen(true), seen(false)]).toEqual(['followed', 'not-seen'])
  })

  test('the next range is asked for on the same connection or a later one', () => {
    const first = request('/', 'bytes=0-1023')
    const next = request('/', 'bytes=1024-2047')
    const file = (requests: RequestSeen[]) =>
      answer('ranges', 'file', { answer: { kind: 'file', bytes: 65_536 } }, { requests })
    const before = good({ requests: [first] })
    const found = (...answers: Answer[]) => rangesFound(new Exam([before, ...answers]))
    expect(found(file([first, next]))).toMatchObject({ bytes: [1024], goesOn: 'same-connection' })
    expect(found(file([first]), good({ requests: [next] }))?.goesOn).toBe('later-connection')
    expect(found(file([first]), before)?.goesOn).toBe('no')
    expect(found(file([first]))?.goesOn).toBeUndefined()
    expect(found(file([request('/', 'bytes=9-3'), request('/', 'lines=1-2')]))?.bytes).toEqual([1024])
  })

  test('a ticket that comes back is told from an id that was always there', () => {
    const given = answer('resumption', 'given', { resumption: true }, {})
    const withTicket = {
      ...modelHello,
      extensions: modelHello.extensions.map((one) =>
        one.kind === 'session_ticket' ? { ...one, ticket: new Uint8Array(8) } : one,
      ),
    }
    const found = (...answers: Answer[]) => resumptionFound(new Exam(answers))
    expect(found(good(), given)).toBeUndefined()
    expect(found(good(), given, good())).toEqual({ offers: 'nothing', resumed: false })
    expect(found(good(), given, good({ hello: helloRecordsOf(withTicket), resumed: true }))).toEqual({
      offers: 'ticket',
      resumed: true,
    })
    const withId = { hello: helloRecordsOf(modelHello, new Uint8Array(32)) }
    expect(found(good(), given, good(withId))?.offers).toBe('session-id')
    expect(found(good(withId), given, good(withId))?.offers).toBe('nothing')
  })
})
