import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type AlertReceiver, alertReceiver } from '../../../test/support/alert-receiver.ts'
import { alertMessageOf } from '../../../test/support/alerts.ts'
import type { Channel } from '../../fleet/watch-config.ts'
import { secretOpener } from '../open-secret.ts'
import { testMessage } from './alert-message.ts'
import { redact } from './redact.ts'
import { type TellOptions, tell } from './tell.ts'

let receiver: AlertReceiver
beforeEach(async () => {
  receiver = await alertReceiver()
})
afterEach(() => receiver.stop())

const parts = { id: 'ops', name: 'Ops', from: 'info' } as const
const now = new Date('2026-11-21T12:00:05Z')

function options(secret: string, more: Partial<TellOptions> = {}): TellOptions {
  return {
    openSecret: secretOpener({ env: { SECRET: secret }, credential: async () => undefined }),
    mayConnect: () => true,
    now: () => now,
    timeoutMs: 5_000,
    services: { telegram: `${receiver.url}/telegram`, pagerduty: `${receiver.url}/pagerduty` },
    ...more,
  }
}
const reference = { env: 'SECRET' }

/** One of each kind that posts, and the path that it posts to. */
function posting(): [Channel, path: string, secret: string][] {
  const hook = `${receiver.url}/services/T0/B0/s3cr3tpart`
  return [
    [{ ...parts, kind: 'webhook', url: `${receiver.url}/mine`, key: reference }, '/mine', 'whsec_c2VjcmV0'],
    [{ ...parts, kind: 'slack', url: reference }, '/services/T0/B0/s3cr3tpart', hook],
    [{ ...parts, kind: 'teams', url: reference }, '/services/T0/B0/s3cr3tpart', hook],
    [{ ...parts, kind: 'discord', url: reference }, '/services/T0/B0/s3cr3tpart', hook],
    [
      { ...parts, kind: 'alertmanager', url: `${receiver.url}/am/`, token: reference },
      '/am/api/v2/alerts',
      's3cr3ttoken',
    ],
    [{ ...parts, kind: 'ntfy', url: `${receiver.url}/n/topic`, token: reference }, '/n/', 's3cr3ttoken'],
    [
      { ...parts, kind: 'telegram', token: reference, chat: '-100' },
      '/telegram/bot1:s3cr3ttoken/sendMessage',
      '1:s3cr3ttoken',
    ],
    [{ ...parts, kind: 'pagerduty', key: reference }, '/pagerduty/v2/enqueue', 's3cr3tkey'],
  ]
}

describe('a channel', () => {
  test('of each kind posts JSON to its place', async () => {
    for (const [channel, path, secret] of posting()) {
      expect(await tell(channel, alertMessageOf(), options(secret)), channel.kind).toEqual({ told: true })
      const got = await receiver.next()
      expect(got.path).toBe(path)
      expect(got.headers['content-type']).toBe('application/json')
      expect(JSON.stringify(JSON.parse(got.body))).toContain('38,000 devices cannot reach fw.example.com')
      if ('token' in channel && channel.kind !== 'telegram') {
        expect(got.headers.authorization).toBe(`Bearer ${secret}`)
      }
    }
  })

  test('of each kind can be tested, and the test says that it is one', async () => {
    for (const [channel, , secret] of posting()) {
      const message = testMessage(channel, now, '1')
      expect(await tell(channel, message, options(secret)), channel.kind).toEqual({ told: true })
      expect((await receiver.next()).body).toContain('tlsfit reaches the channel Ops')
    }
    const [first, second] = [testMessage(parts, now, '1'), testMessage(parts, now, '2')]
    expect(first.id).not.toBe(second.id)
  })

  test('tells no secret in an error, whatever the receiver answers', async () => {
    for (const [channel, path, secret] of posting()) {
      receiver.answer({ status: 403, body: `denied ${secret} at ${path}: ${encodeURIComponent(secret)}` })
      const outcome = await tell(channel, alertMessageOf(), options(secret))
      expect(outcome).toMatchObject({ told: false, messageOnly: false })
      const said = JSON.stringify(outcome)
      expect(said).toContain('answered 403: denied ***')
      expect(said).not.toMatch(/s3cr3t|c2VjcmV0/)
    }
  })

  test('reads no more of an answer than its beginning, and shows what is in it', async () => {
    const url = `${receiver.url}/long`
    receiver.answer({ status: 500, body: `\u001b[31m${'x'.repeat(3_000_000)}` })
    const outcome = await tell({ ...parts, kind: 'webhook', url }, alertMessageOf(), options(''))
    if (outcome.told) throw new Error('told')
    expect(outcome.error).toMatch(/^answered 500: \\x1b\[31mx+…$/)
    expect(outcome.error.length).toBeLessThan(220)
  })

  test('waits as the receiver asks: in seconds, until a date, or in the JSON of Telegram', async () => {
    const channel: Channel = { ...parts, kind: 'webhook', url: receiver.url }
    const asked = async (headers: Record<string, string>, body = '', status = 429) => {
      receiver.answer({ status, headers, body })
      const outcome = await tell(channel, alertMessageOf(), options(''))
      return outcome.told ? undefined : outcome.retryAfterMs
    }
    expect(await asked({ 'retry-after': '120' })).toBe(120_000)
    expect(await asked({ 'retry-after': '120' }, '', 503)).toBe(120_000)
    expect(await asked({ 'retry-after': 'Sat, 21 Nov 2026 12:01:05 GMT' })).toBe(60_000)
    expect(await asked({ 'retry-after': 'Sat, 21 Nov 2020 12:01:05 GMT' })).toBe(0)
    expect(await asked({}, '{"ok":false,"parameters":{"retry_after":7}}')).toBe(7_000)
    expect(await asked({ 'retry-after': '99999999999' })).toBe(86_400_000)
    expect(await asked({ 'retry-after': 'soon' })).toBeUndefined()
    expect(await asked({ 'retry-after': '120' }, '', 400)).toBeUndefined()
  })

  test('follows no redirect', async () => {
    const other = await alertReceiver()
    try {
      receiver.answer({ status: 307, headers: { location: `${other.url}/` } })
      const outcome = await tell(
        { ...parts, kind: 'webhook', url: receiver.url },
        alertMessageOf(),
        options(''),
      )
      expect(outcome).toMatchObject({ told: false, error: 'answered 307, a redirect' })
      expect(other.received).toEqual([])
    } finally {
      await other.stop()
    }
  })

  test('is not spoken to at an address that the rule refuses, by name or by number', async () => {
    const asked: string[] = []
    const mayConnect = (address: string) => {
      asked.push(address)
      return false
    }
    for (const host of ['localhost', '127.0.0.1', '0x7f.1', '2130706433', '[::1]', '[::ffff:127.0.0.1]']) {
      const url = `http://${host}:${receiver.port}/`
      const outcome = await tell(
        { ...parts, kind: 'webhook', url },
        alertMessageOf(),
        options('', { mayConnect }),
      )
      expect(outcome, host).toMatchObject({
        told: false,
        error: 'its address is private, and messages may not go there',
      })
    }
    expect(receiver.received).toEqual([])
    expect(new Set(asked)).toContain('127.0.0.1')
  })

  test('whose secret is not there says so, and so does one whose address is none', async () => {
    const missing = await tell(
      { ...parts, kind: 'slack', url: { env: 'NONE' } },
      alertMessageOf(),
      options(''),
    )
    expect(missing).toMatchObject({ told: false, error: 'environment variable NONE is not there' })
    for (const secret of ['not a url', 'file:///etc/passwd']) {
      const outcome = await tell(
        { ...parts, kind: 'slack', url: reference },
        alertMessageOf(),
        options(secret),
      )
      expect(outcome.told).toBe(false)
      expect(JSON.stringify(outcome)).not.toContain(secret)
    }
  })
})

describe('a webhook', () => {
  test('is signed as Standard Webhooks 1.0 has it', async () => {
    const channel: Channel = { ...parts, kind: 'webhook', url: receiver.url, key: reference }
    const verifies = (key: Buffer, got: Awaited<ReturnType<AlertReceiver['next']>>) => {
      const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = got.headers
      const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${got.body}`).digest('base64')
      return signature === `v1,${expected}` && timestamp === String(now.getTime() / 1_000)
    }
    await tell(channel, alertMessageOf(), options('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'))
    const got = await receiver.next()
    expect(verifies(Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64'), got)).toBe(true)
    expect(verifies(Buffer.from('another'), got)).toBe(false)
    await tell(channel, alertMessageOf(), options('a plain pass phrase'))
    expect(verifies(Buffer.from('a plain pass phrase'), await receiver.next())).toBe(true)
    await tell({ ...parts, kind: 'webhook', url: receiver.url }, alertMessageOf(), options(''))
    expect((await receiver.next()).headers['webhook-signature']).toBeUndefined()
  })
})

describe('what is redacted', () => {
  test('is a secret in each of its spellings, and no word of an address that all of its kind have', () => {
    const url = 'https://hooks.slack.com/services/T000/B000/abcdefghijkl?k=mnopqrstuv'
    const said = `${url} abcdefghijkl mnopqrstuv ${encodeURIComponent(url)} hooks.slack.com`
    expect(redact(said, [url])).toBe('*** *** *** *** hooks.slack.com')
    expect(redact('a"b', ['a"b'])).toBe('***')
    expect(redact(JSON.stringify('a"b'), ['a"b'])).toBe('"***"')
    expect(redact('nothing', [''])).toBe('nothing')
  })
})
