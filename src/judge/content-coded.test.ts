import { describe, expect, test } from 'vitest'
import { device, sourced } from '../../test/support/judge-devices.ts'
import { connection, dial, exchange, found, idsOf, judged } from '../../test/support/judge-observations.ts'
import type { HttpClientProfile } from '../device/device.ts'
import { unknownHttp } from '../device/unknown.ts'
import type { HttpRequestSent, HttpResponseSeen, Observation } from '../observe/observation.ts'
import { formatSentence } from '../report/words.ts'

const client = (rest: Partial<HttpClientProfile>) => device({ http: { ...unknownHttp, ...rest } })
const handsOn = { contentCodings: sourced([]), requestHeaders: sourced(['Host: {host}']) }
const silent = { headerNames: ['host'] }
const gzip = { contentEncoding: 'gzip', bodyBytes: 9112, contentLength: 9112 }

function answer(
  response: Partial<HttpResponseSeen>,
  request: Partial<HttpRequestSent> = silent,
  asked = client(handsOn),
  rest: Partial<Observation> = {},
  target = {},
) {
  return judged(dial([connection({ exchanges: [exchange(response, request)] })], rest, target), {
    device: asked,
  })
}
const why = (...given: Parameters<typeof answer>) => found(answer(...given), 'content-coded')?.details.why

describe('a body with a content coding', () => {
  test('stops a client that hands it on as it came', () => {
    const verdict = answer(gzip)
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'http' })
    const finding = found(verdict, 'content-coded')!
    expect(finding).toMatchObject({
      effect: 'blocks',
      details: {
        ...{ codings: ['gzip'], status: 200, path: '/fw.bin', bodyBytes: 9112 },
        ...{ request: 'silent', why: 'not-unpacked' },
      },
      fixes: [{ id: 'serve-uncoded' }, { id: 'ask-uncoded' }],
    })
    expect(formatSentence(finding, 'dial')).toBe(
      'The answer to /fw.bin (HTTP 200, 9,112 bytes) has Content-Encoding: gzip, which the request does not ask for; ' +
        'the device does not undo it, and gets the coded bytes in place of the file.',
    )
  })

  test('is open for a client of which nothing is known, and never a fit', () => {
    for (const asked of [device({}), client({})]) {
      const verdict = answer(gzip, silent, asked)
      expect(verdict.state).toBe('undecided')
      expect(found(verdict, 'content-coded')).toMatchObject({ details: { why: 'client-unknown' } })
      expect(verdict.missing).toContainEqual(
        expect.objectContaining({ needs: 'device-http-profile', about: 'contentCodings' }),
      )
    }
  })

  test('is open where the request that was answered is not known to be the one of the device', () => {
    const asked = client({ contentCodings: sourced([]) })
    const verdict = answer(gzip, silent, asked)
    expect(verdict).toMatchObject({ state: 'undecided', leans: 'blocked' })
    expect(found(verdict, 'content-coded')?.details.why).toBe('request-unknown')
    expect(why(gzip, { headerNames: ['host'], acceptEncoding: 'identity' }, asked)).toBe('not-unpacked')
    expect(why(gzip, silent, asked, { source: 'capture' })).toBe('not-unpacked')
  })

  test('is fine for a client that undoes it, in a whole body', () => {
    const undoes = client({ contentCodings: sourced(['gzip', 'deflate']) })
    expect(answer(gzip, silent, undoes).state).toBe('fits')
    expect(answer({ ...gzip, contentEncoding: 'deflate, gzip' }, silent, undoes).state).toBe('fits')
    expect(why({ ...gzip, contentEncoding: 'br' }, silent, undoes)).toBe('request-unknown')
    expect(why({ ...gzip, status: 206 }, silent, undoes)).toBe('in-pieces')
  })

  test('in a range: ranges and the total are of the coded bytes', () => {
    const range = { first: 0, last: 2047 }
    const part = { ...gzip, status: 206, contentRange: 'bytes 0-2047/9112' }
    const finding = found(answer(part, { ...silent, range }), 'content-coded')!
    expect(finding.effect).toBe('blocks')
    expect(formatSentence(finding, 'dial')).toContain('Ranges and the total are those of the coded bytes.')
  })

  test('that only a later range has is found there', () => {
    const range = { first: 2048, last: 4095 }
    const plain = exchange(
      { status: 206, contentRange: 'bytes 0-2047/9112' },
      { ...silent, range: { first: 0, last: 2047 } },
    )
    const coded = exchange(
      { ...gzip, status: 206, contentRange: 'bytes 2048-4095/9112' },
      { ...silent, range },
    )
    const seen = dial([connection({ exchanges: [plain, coded] })])
    expect(idsOf(judged(seen, { device: client(handsOn) }))).toContain('content-coded')
  })

  test.each(['identity', 'Identity', '', ' , '])('"%s" is none', (contentEncoding) => {
    expect(answer({ contentEncoding }).state).toBe('fits')
  })

  test('Transfer-Encoding is another thing', () => {
    expect(idsOf(answer({ transferEncoding: 'gzip, chunked' }))).not.toContain('content-coded')
  })

  test.each([
    'aws-chunked',
    'utf-8',
    'gzip, made-up',
    'chunked',
  ])('%s, which no registry knows, proves nothing of the bytes', (contentEncoding) => {
    const verdict = answer({ ...gzip, contentEncoding })
    expect(verdict.state).toBe('undecided')
    expect(found(verdict, 'content-coded')?.details.why).toBe('unregistered')
  })

  test('of a file whose name says so may be meant', () => {
    expect(why(gzip, { ...silent, path: '/fw.bin.gz?v=1' })).toBe('name-says-so')
    expect(why({ ...gzip, contentEncoding: 'br' }, { ...silent, path: '/fw.bin.gz' })).toBe('not-unpacked')
    expect(why({ ...gzip, contentEncoding: 'gzip, gzip' }, { ...silent, path: '/fw.bin.gz' })).toBe(
      'not-unpacked',
    )
  })

  test('of an answer to HEAD is no body that the device met', () => {
    const head = { ...gzip, bodyBytes: 0, bodyComplete: true }
    expect(why(head, { ...silent, method: 'HEAD' })).toBe('no-body')
  })

  test('of a redirect or an error is not the file', () => {
    const location = { url: '/new.bin', bytes: 8 }
    for (const other of [{ status: 302, location }, { status: 404 }, { status: 403 }]) {
      expect(idsOf(answer({ ...gzip, ...other }))).not.toContain('content-coded')
    }
  })

  test('at the bare root of a host decides nothing', () => {
    const root = { path: '/', pathBytes: 1 }
    const verdict = answer(gzip, { ...silent, path: '/' }, client(handsOn), {}, root)
    expect(found(verdict, 'content-coded')).toMatchObject({ effect: 'info' })
    expect(verdict.state).toBe('fits')
  })
})

describe('what the request says', () => {
  const asks = { headerNames: ['host', 'accept-encoding'], acceptEncoding: 'gzip, deflate' }

  test('a coding that the application asks for is for the application to undo: open, and leaning', () => {
    const verdict = answer(gzip, asks)
    expect(verdict).toMatchObject({ state: 'undecided', leans: 'blocked' })
    expect(found(verdict, 'content-coded')).toMatchObject({
      details: { request: 'asks', why: 'asked-by-application' },
      fixes: [{ id: 'ask-uncoded' }, { id: 'serve-uncoded' }],
    })
  })

  test('a client that asks by itself and does not undo what comes is stopped', () => {
    const own = client({ ...handsOn, requestHeaders: sourced(['Host: {host}', 'Accept-Encoding: gzip']) })
    expect(why(gzip, asks, own)).toBe('not-unpacked')
    const declines = client({ ...handsOn, requestHeaders: sourced(['Accept-Encoding: *;q=0']) })
    expect(why(gzip, asks, declines)).toBe('asked-by-application')
  })

  test('one that declines it has nothing to change', () => {
    const declines = { headerNames: ['accept-encoding'], acceptEncoding: 'identity;q=1,chunked;q=0.1,*;q=0' }
    expect(found(answer(gzip, declines), 'content-coded')).toMatchObject({
      effect: 'blocks',
      details: { request: 'declines' },
      fixes: [{ id: 'serve-uncoded' }],
    })
  })

  test('one whose fields were not kept is said nothing of', () => {
    const finding = found(answer(gzip, {}), 'content-coded')!
    expect(finding.details.request).toBeUndefined()
    expect(formatSentence(finding, 'dial')).toContain('has Content-Encoding: gzip; the device')
  })
})
