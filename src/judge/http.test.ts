import { describe, expect, test } from 'vitest'
import { device, limit, sourced } from '../../test/support/judge-devices.ts'
import { connection, dial, exchange, found, idsOf, judged } from '../../test/support/judge-observations.ts'
import type { HttpClientProfile } from '../device/device.ts'
import { unknownHttp } from '../device/unknown.ts'
import type { Sas } from '../http/sas.ts'
import type { HttpRequestSent, HttpResponseSeen } from '../observe/observation.ts'

const client = (rest: Partial<HttpClientProfile> = {}) => device({ http: { ...unknownHttp, ...rest } })

function answer(
  response: Partial<HttpResponseSeen>,
  request: Partial<HttpRequestSent> = {},
  asked = client(),
  target = {},
) {
  return judged(dial([connection({ exchanges: [exchange(response, request)] })], {}, target), {
    device: asked,
  })
}

const sas: Sas = {
  place: 'query',
  parameters: ['sp', 'st', 'se', 'sv', 'sr', 'sig'],
  startsAt: undefined,
  expiresAt: new Date('2027-01-01T00:00:00Z'),
  doublyEncoded: false,
}
const azure403 = { status: 403, errorCode: 'AuthenticationFailed', server: 'Windows-Azure-Blob/1.0' }

describe('a storage SAS', () => {
  test('in the Authorization header is in the wrong place', () => {
    const request = {
      authorizationScheme: 'SharedAccessSignature',
      sas: { ...sas, place: 'authorization-header' as const },
    }
    const verdict = answer(azure403, request)
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'http' })
    expect(found(verdict, 'sas-in-authorization-header')).toMatchObject({
      cause: 'auth-http-rejected',
      details: { status: 403, scheme: 'SharedAccessSignature' },
      fixes: [{ id: 'sas-into-url' }],
    })
  })

  test('of IoT Hub belongs there, so a refusal has another reason', () => {
    const token = { ...sas, parameters: ['sr', 'sig', 'se', 'skn'], place: 'authorization-header' as const }
    const verdict = answer({ status: 401 }, { authorizationScheme: 'SharedAccessSignature', sas: token })
    expect(idsOf(verdict)).toContain('auth-rejected')
    expect(idsOf(verdict)).not.toContain('sas-in-authorization-header')
  })

  test('that has ended', () => {
    const expiresAt = new Date('2026-08-31T00:00:00Z')
    expect(found(answer(azure403, { sas: { ...sas, expiresAt } }), 'sas-expired')).toMatchObject({
      effect: 'blocks',
      details: { expiresAt, status: 403 },
    })
  })

  test('that is encoded twice', () => {
    expect(
      found(answer(azure403, { sas: { ...sas, doublyEncoded: true } }), 'sas-doubly-encoded'),
    ).toMatchObject({
      effect: 'blocks',
    })
  })

  test('in order but refused is just refused', () => {
    expect(found(answer(azure403, { sas }), 'auth-rejected')).toMatchObject({
      effect: 'blocks',
      details: { code: 'AuthenticationFailed' },
    })
  })

  test.each([
    [409, 'PublicAccessNotPermitted'],
    [404, 'ResourceNotFound'],
    [401, 'NoAuthenticationInformation'],
  ])('is missing perhaps when storage answers %i %s to a request without one', (status, errorCode) => {
    const verdict = answer({ status, errorCode, server: 'Windows-Azure-Blob/1.0' })
    expect(found(verdict, 'sas-missing')).toMatchObject({
      effect: 'unknown',
      details: { status, code: errorCode },
    })
    expect(verdict.missing).toContainEqual(expect.objectContaining({ needs: 'credentials' }))
  })

  test('is not what is missing when the blob is gone', () => {
    const gone = { status: 404, errorCode: 'BlobNotFound', server: 'Windows-Azure-Blob/1.0' }
    expect(found(answer(gone), 'http-status')).toMatchObject({ effect: 'blocks' })
  })
})

describe('other answers', () => {
  test('403 to a request without credentials may be for us alone', () => {
    expect(found(answer({ status: 403 }), 'auth-rejected')).toMatchObject({ effect: 'unknown' })
    expect(found(answer({ status: 403 }, { path: '/f?X-Amz-Signature=…' }), 'auth-rejected')).toMatchObject({
      effect: 'blocks',
    })
  })

  test('503 may be gone tomorrow', () => {
    expect(answer({ status: 503 }).state).toBe('undecided')
  })

  test('whatever the bare root of a host answers decides nothing', () => {
    const verdict = answer({ status: 403 }, {}, client(), { path: '/', pathBytes: 1 })
    expect(found(verdict, 'auth-rejected')).toMatchObject({ effect: 'info' })
    expect(verdict.state).toBe('fits')
  })

  test('no whole response at all', () => {
    const seen = dial([connection({ exchanges: [exchange(undefined, {}, 'closed')] })])
    expect(found(judged(seen, { device: client() }), 'http-broken')).toMatchObject({ effect: 'unknown' })
  })

  test('no connection for the next range: told, and open', () => {
    const first = connection({ exchanges: [exchange({ status: 206 })] })
    const range = connection({ role: 'range', establishedAtMs: undefined, negotiated: undefined })
    const verdict = judged(dial([first, range]), { device: client() })
    expect(found(verdict, 'http-broken')).toMatchObject({
      effect: 'unknown',
      details: { error: 'no connection for the next range' },
    })
  })
})

describe('redirects', () => {
  const moved = { status: 302, location: { url: 'https://cdn.example/fw.bin?X=…', bytes: 900 } }

  test('to another host end the download of a client that refuses them', () => {
    const verdict = answer(moved, {}, client({ redirects: sourced('refused') }))
    expect(found(verdict, 'redirect-cross-host')).toMatchObject({
      effect: 'blocks',
      cause: 'redirect-cross-host',
      details: { status: 302, follows: false },
    })
    expect(verdict.state).toBe('blocked')
  })

  test('within the host are refused by it as well', () => {
    const within = { status: 301, location: { url: '/new.bin', bytes: 8 } }
    expect(
      found(answer(within, {}, client({ redirects: sourced('refused') })), 'redirect-refused')!.effect,
    ).toBe('blocks')
    expect(idsOf(answer(within, {}, client({ redirects: sourced('followed') })))).not.toContain(
      'redirect-refused',
    )
  })

  test('within the host are refused by a client that takes whole URLs alone, and whole ones are followed', () => {
    const absolute = client({ redirects: sourced('followed-absolute') })
    const to = (url: string) => answer({ status: 302, location: { url, bytes: url.length } }, {}, absolute)
    for (const url of ['/new.bin', 'new.bin', '//host.example/new.bin']) {
      expect(found(to(url), 'redirect-refused')).toMatchObject({
        effect: 'blocks',
        details: { to: url, wholeUrls: true },
      })
    }
    expect(idsOf(to('https://host.example/new.bin'))).not.toContain('redirect-refused')
    expect(found(to('https://cdn.example/new.bin'), 'redirect-cross-host')!.details.follows).toBe(true)
  })

  test('that are followed to a host that was not seen leave it undecided', () => {
    const verdict = answer(moved, {}, client({ redirects: sourced('followed') }))
    expect(found(verdict, 'redirect-cross-host')).toMatchObject({
      effect: 'unknown',
      details: { follows: true },
    })
  })

  test('to a path or a host that the client has no room for', () => {
    const text = (value: number) => limit({ value, counts: 'text' })
    const follows = (rest: Partial<HttpClientProfile>) => client({ redirects: sourced('followed'), ...rest })
    // 'https://cdn.example' is 19 of the 900.
    const verdict = answer(moved, {}, follows({ pathBytes: text(880) }))
    expect(found(verdict, 'path-too-long')).toMatchObject({
      effect: 'blocks',
      details: { pathBytes: 881, limitBytes: 880, status: 302 },
    })
    expect(verdict.state).toBe('blocked')
    expect(idsOf(answer(moved, {}, follows({ pathBytes: text(881) })))).not.toContain('path-too-long')
    const refuses = client({ redirects: sourced('refused'), pathBytes: text(20) })
    expect(idsOf(answer(moved, {}, refuses))).not.toContain('path-too-long')
    const far = { status: 302, location: { url: 'https://downloads.cdn.example/fw', bytes: 32 } }
    expect(found(answer(far, {}, follows({ hostBytes: text(12) })), 'host-too-long')!.details).toEqual({
      hostBytes: 21,
      limitBytes: 12,
      status: 302,
    })
  })

  test.each([
    [{ url: '/new.bin', bytes: 8 }, 8],
    [{ url: 'new.bin#top', bytes: 11 }, 11],
    [{ url: '?v=2', bytes: 4 }, 15],
    [{ url: '//cdn.example', bytes: 13 }, 1],
  ])('to %j lead to a path of %i bytes', (location, pathBytes) => {
    const tight = client({
      redirects: sourced('followed'),
      pathBytes: limit({ value: 0, counts: 'text' }),
    })
    const verdict = answer({ status: 302, location }, { path: '/v1/old.bin' }, tight, {
      pathBytes: undefined,
    })
    expect(found(verdict, 'path-too-long')!.details).toMatchObject({ pathBytes })
  })

  test('where it is not known whether the client follows', () => {
    expect(answer(moved).missing).toContainEqual(expect.objectContaining({ needs: 'device-http-profile' }))
  })

  test('to a host seen: its findings carry that host, and are not reached past a block before', () => {
    const violation = { reason: 'not-tls', field: undefined, offset: undefined, detail: '485454502f' }
    const hop = connection({ role: 'redirect', host: 'cdn.example', violation, negotiated: undefined })
    const seen = dial([connection({ exchanges: [exchange(moved)] }), hop])
    const follows = judged(seen, { device: client({ redirects: sourced('followed') }) })
    expect(found(follows, 'not-tls')).toMatchObject({ host: 'cdn.example', reached: true })
    expect(follows).toMatchObject({ state: 'blocked', stage: 'hello' })
    const refuses = judged(seen, { device: client({ redirects: sourced('refused') }) })
    expect(found(refuses, 'not-tls')).toMatchObject({ reached: false })
    expect(refuses.stage).toBe('http')
  })
})

describe('a redirect that is followed to nothing', () => {
  const follows = client({ redirects: sourced('followed') })
  const to = (url: string) => exchange({ status: 302, location: { url, bytes: url.length } })
  const seen = (...exchanges: ReturnType<typeof exchange>[]) =>
    judged(
      dial(exchanges.map((one, i) => connection({ role: i ? 'redirect' : 'first', exchanges: [one] }))),
      {
        device: follows,
      },
    )

  test('to what was asked for before never ends', () => {
    const verdict = seen(to('/fw.bin'), to('/fw.bin'))
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'http' })
    expect(found(verdict, 'redirect-loop')!.details).toEqual({
      status: 302,
      to: '/fw.bin',
      redirects: 2,
      repeats: true,
    })
  })

  test('is open where blanked values may differ, or the way goes on for long', () => {
    expect(found(seen(to('/fw.bin?sig=[blanked]')), 'redirect-loop')).toMatchObject({ effect: 'unknown' })
    expect(seen(to('/a'), to('/b')).state).toBe('undecided')
  })

  test('over a connection that broke off on the way is no loop', () => {
    const moved = connection({ exchanges: [to('/new.bin')] })
    const unreached = connection({ role: 'redirect', negotiated: undefined, establishedAtMs: undefined })
    const verdict = judged(dial([moved, unreached]), { device: follows })
    expect(verdict.state).toBe('undecided')
    expect(found(verdict, 'redirect-loop')).toBeUndefined()
    expect(found(verdict, 'http-broken')).toMatchObject({ effect: 'unknown' })
  })

  test('and then a file is no matter', () => {
    expect(seen(to('/new.bin'), exchange({})).state).toBe('fits')
  })

  test('leads out of TLS', () => {
    const verdict = seen(to('http://host.example/fw.bin'))
    expect(verdict.state).toBe('blocked')
    expect(found(verdict, 'redirect-to-plaintext')!.details.to).toBe('http://host.example/fw.bin')
  })
})

describe('2xx without the file', () => {
  const state = (response: Partial<HttpResponseSeen>, rangeSupport: 'needed' | 'not-needed') =>
    answer(response, {}, client({ rangeSupport: sourced(rangeSupport) })).state

  test.each([
    { status: 204, bodyBytes: 0 },
    { status: 202 },
    { status: 200, bodyBytes: 0, contentLength: 0 },
  ])('$status is no fit', (response) => {
    expect(state(response, 'needed')).toBe('blocked')
    expect(state(response, 'not-needed')).toBe('undecided')
  })

  test('is not told in the words for an error', () => {
    const words = {
      code: 'HTTP <status>',
      log: undefined,
      source: 'the test',
      confidence: 'measured',
    } as const
    const asked = { ...client(), errors: [{ when: ['http-status' as const], ...words }] }
    expect(found(answer({ status: 204 }, {}, asked), 'http-status')!.deviceWords).toBeUndefined()
    expect(found(answer({ status: 404 }, {}, asked), 'http-status')!.deviceWords).toBeDefined()
  })
})

describe('the limits of the client', () => {
  const text = (value: number) => limit({ value, counts: 'text' })

  test('path and host', () => {
    const asked = client({ pathBytes: text(192), hostBytes: text(11) })
    const verdict = answer({}, {}, asked, { pathBytes: 193 })
    expect(found(verdict, 'path-too-long')!.details).toEqual({ pathBytes: 193, limitBytes: 192 })
    expect(found(verdict, 'host-too-long')!.details).toEqual({ hostBytes: 12, limitBytes: 11 })
  })

  test('the largest head', () => {
    const verdict = answer({ headBytes: 2049 }, {}, client({ responseHeadBytes: text(2048) }))
    expect(found(verdict, 'head-too-large')).toMatchObject({ effect: 'blocks', details: { headBytes: 2049 } })
    expect(verdict.margins).toContainEqual(expect.objectContaining({ limit: 'responseHeadBytes', left: -1 }))
  })

  test('ranges that the server ignores', () => {
    const range = { first: 0, last: 1023 }
    const ignored = (value: 'needed' | 'not-needed') =>
      answer({ status: 200 }, { range }, client({ rangeSupport: sourced(value) }))
    expect(found(ignored('needed'), 'range-unsupported')).toMatchObject({
      effect: 'blocks',
      cause: 'range-unsupported',
    })
    expect(found(ignored('not-needed'), 'range-unsupported')).toMatchObject({ effect: 'info' })
  })

  test('a redirect that names no place to go to is no fit', () => {
    const verdict = answer({ status: 302 })
    expect(found(verdict, 'http-status')).toMatchObject({ effect: 'blocks', details: { status: 302 } })
    expect(verdict.state).toBe('blocked')
    expect(answer({ status: 304 }).state).toBe('undecided')
  })

  test('a 206 with another range than was asked for is no fit, one cut at the end of the file is', () => {
    const range = { first: 0, last: 2047 }
    const answered = (contentRange: string) =>
      answer({ status: 206, contentRange }, { range }, client({ rangeSupport: sourced('needed') }))
    for (const other of ['bytes 0-0/100000', 'bytes 2048-4095/100000', 'junk']) {
      expect(found(answered(other), 'range-unsupported'), other).toMatchObject({ effect: 'unknown' })
    }
    for (const right of ['bytes 0-2047/100000', 'bytes 0-999/1000']) {
      expect(idsOf(answered(right)), right).not.toContain('range-unsupported')
    }
  })

  test('a 206 that does not say which range it holds ends a client that takes the size from there', () => {
    const asked = (value: 'needed' | 'not-needed') =>
      answer(
        { status: 206, contentRange: undefined },
        { range: { first: 0, last: 2047 } },
        client({ rangeSupport: sourced(value) }),
      )
    expect(found(asked('needed'), 'range-unsupported')).toMatchObject({
      effect: 'blocks',
      details: { status: 206 },
    })
    expect(idsOf(asked('not-needed'))).not.toContain('range-unsupported')
  })

  test('a length that is not stated', () => {
    const chunked = { contentLength: undefined, transferEncoding: 'chunked' }
    expect(
      found(answer(chunked, {}, client({ contentLength: sourced('needed') })), 'no-content-length'),
    ).toMatchObject({
      effect: 'blocks',
      details: { transferEncoding: 'chunked' },
    })
    expect(idsOf(answer(chunked, {}, client({ contentLength: sourced('not-needed') })))).not.toContain(
      'no-content-length',
    )
  })
})

test('secrets held back leave what follows open, and say what would settle it', () => {
  const withheld = { what: ['query' as const], host: 'host.example', reason: 'untrusted' }
  const verdict = judged(dial([connection()], { withheld }), { device: client() })
  expect(verdict.state).toBe('undecided')
  expect(found(verdict, 'secrets-withheld')).toMatchObject({
    effect: 'unknown',
    stage: 'http',
    details: withheld,
  })
  expect(verdict.missing).toContainEqual(expect.objectContaining({ needs: 'anchor', about: 'secrets' }))
})
