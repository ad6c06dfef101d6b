import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'
import { securityFindings } from '../../src/exam/security-findings.ts'
import type { TopicId } from '../../src/exam/topic.ts'
import { rangesFound } from '../../src/exam/topics/ranges.ts'
import { redirectFound } from '../../src/exam/topics/redirect.ts'
import { MOST_REDIRECTS, redirectsFound } from '../../src/exam/topics/redirects-in-row.ts'
import { buildOf } from '../clients/clients.ts'
import { visitOf } from '../support/measure-client.ts'
import { measureTopics } from '../support/measure-topics.ts'
import type { Visit } from '../support/measuring-loop.ts'

const redirects = ['redirect', 'redirects-in-row'] as const
/** Longer than a client on a busy machine needs from one request to the next. */
const HOLD_MS = 3000
const measure = (visit: (visit: Visit) => Promise<unknown>, topics: readonly TopicId[]) =>
  measureTopics(visit, topics, HOLD_MS)
const url = (port: number) => `https://fw.example:${port}/firmware`

const curl =
  (...flags: readonly string[]) =>
  ({ port, anchors }: Visit) =>
    new Promise((done) => {
      const where = ['--resolve', `fw.example:${port}:127.0.0.1`, '--cacert', anchors]
      const quiet = ['-sS', '--max-time', '20', '-o', '/dev/null']
      execFile('curl', [...quiet, ...where, ...flags, url(port)], () => done(undefined))
    })

test('curl that follows three redirects at most is measured as that', async () => {
  const exam = await measure(curl('-L', '--max-redirs', '3'), redirects)
  expect(redirectFound(exam)).toEqual({ sameHost: 'same-connection', plainHttp: 'followed' })
  expect(redirectsFound(exam)).toEqual({ followed: 3, stops: true })
  expect(securityFindings(exam).map(({ id }) => id)).toEqual(['redirect-to-plain-http'])
}, 240_000)

test('with a new connection for each of them it is the same figure', async () => {
  const exam = await measure(curl('-L', '--max-redirs', '2', '-H', 'Connection: close'), redirects)
  expect(redirectFound(exam)?.sameHost).toBe('later-connection')
  expect(redirectsFound(exam)).toEqual({ followed: 2, stops: true })
}, 240_000)

test('curl as it is follows more than are asked, and without -L none', async () => {
  const all = await measure(curl('-L', '--proto-redir', '=https'), redirects)
  expect(redirectsFound(all)).toEqual({ followed: MOST_REDIRECTS, stops: false })
  expect(securityFindings(all)).toEqual([])
  const none = await measure(curl(), redirects)
  expect(redirectFound(none)?.sameHost).toBe('no')
  expect(none.of('redirects-in-row')).toEqual([])
}, 240_000)

test('curl that wants a part reads the whole file; one that goes on where it left off needs the part', async () => {
  const part = await measure(curl('--range', '0-1023'), ['ranges'])
  expect(rangesFound(part)).toMatchObject({ bytes: [1024], ignored: 'takes' })
  const rest = await measure(curl('--continue-at', '100'), ['ranges'])
  expect(rangesFound(rest)).toMatchObject({ open: true, ignored: 'stops', afterIgnored: 'same-range' })
}, 240_000)

test.skipIf(buildOf('openssl') === undefined)(
  'a client that loads in ranges on one connection takes the whole file for its part',
  async () => {
    const exam = await measure(visitOf('openssl', { ranges: 1024 }), ['ranges', 'redirect'])
    expect(rangesFound(exam)).toMatchObject({ bytes: [1024], goesOn: 'same-connection', ignored: 'takes' })
    expect(redirectFound(exam)?.sameHost).toBe('no')
  },
  240_000,
)
