import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { alertMessageOf } from '../../../test/support/alerts.ts'
import { hostileText } from '../../../test/support/hostile-verdict.ts'
import type { AlertMessage } from './alert-message.ts'
import { alertmanagerRequest } from './alertmanager.ts'
import { discordRequest } from './discord.ts'
import { ntfyRequest } from './ntfy.ts'
import type { Outgoing } from './outgoing.ts'
import { pagerdutyRequest } from './pagerduty.ts'
import { slackRequest } from './slack.ts'
import { teamsRequest } from './teams.ts'
import { telegramRequest } from './telegram.ts'
import { webhookRequest, webhookSignature } from './webhook.ts'

const url = 'https://hook.example/x'
const now = new Date('2026-11-21T12:00:00Z')
const formats: Record<string, (message: AlertMessage) => Outgoing> = {
  webhook: (message) => webhookRequest(message, { url, now }),
  slack: (message) => slackRequest(message, url),
  teams: (message) => teamsRequest(message, url),
  discord: (message) => discordRequest(message, url),
  telegram: (message) => telegramRequest(message, { chat: '1', token: 't', base: 'https://t.example' }),
  ntfy: (message) => ntfyRequest(message, { url: 'https://ntfy.example/topic' }),
  pagerduty: (message) => pagerdutyRequest(message, { key: 'k', base: 'https://p.example' }),
  alertmanager: (message) => alertmanagerRequest(message, { url: 'https://a.example' }),
}

/** Words that would do something somewhere, alone and amid others. */
const names = fc.oneof(
  hostileText,
  fc.constantFrom(
    '<!channel> <@U012AB3CD> <https://evil.example|fw.example.com>',
    '@everyone @here <@&1234> [fw](https://evil.example) ||x|| `x` **x** # x',
    '<at>all</at> [fw](https://evil.example)',
    '@admin /stop #tag <b>x</b>',
    'CN=\u202eexe.wf\u0000\r\nBcc: all@example.com',
    '{{ .Status }} %0a',
  ),
)

const body = (name: string, message: AlertMessage) => JSON.parse(formats[name]?.(message).body ?? '')

/** Each string in a value with where it stands. */
function strings(value: unknown, path = ''): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]]
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, inner]) => strings(inner, `${path}/${key}`))
}

describe('names that are written to do harm', () => {
  test('leave no character that is not seen, beside in what a webhook gives as data', () => {
    fc.assert(
      fc.property(names, names, (title, line) => {
        const message = alertMessageOf({ title, lines: [line] })
        for (const name of Object.keys(formats)) {
          for (const [path, text] of strings(body(name, message))) {
            // A word joiner parts mentions in Telegram.
            const shown = name === 'telegram' ? text.replaceAll('@\u2060', '@') : text
            expect(shown.replaceAll('\n', ''), `${name}${path}`).not.toMatch(
              /[\p{Cc}\p{Cs}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u,
            )
          }
        }
      }),
    )
  })

  test('mention nobody and link nowhere in Slack: only its own link has angles, and the rest is plain', () => {
    fc.assert(
      fc.property(names, names, (title, line) => {
        const { text, blocks } = body('slack', alertMessageOf({ title, lines: [line] }))
        expect(text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/)
        const [last, ...plain] = [...blocks].reverse()
        expect(last.text.text).toBe('<https://fit.example.com/#/endpoints/ota|open in tlsfit>')
        for (const { text: one } of plain) {
          expect(one.type).toBe('plain_text')
          expect(one.text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/)
        }
      }),
    )
  })

  test('are text runs in Teams, which reads no marks in them', () => {
    fc.assert(
      fc.property(names, (title) => {
        const { content } = body('teams', alertMessageOf({ title })).attachments[0]
        for (const block of content.body) {
          expect(block.type).toBe('RichTextBlock')
          expect(block.inlines.map(({ type }: { type: string }) => type)).toEqual(['TextRun'])
        }
        expect(Object.keys(content).sort()).toEqual(['$schema', 'actions', 'body', 'type', 'version'])
      }),
    )
  })

  test('have each mark behind a backslash in Discord, and nobody may be mentioned', () => {
    fc.assert(
      fc.property(names, (title) => {
        const { allowed_mentions, embeds, content } = body('discord', alertMessageOf({ title, lines: [] }))
        expect(allowed_mentions).toEqual({ parse: [] })
        expect(content).toBeUndefined()
        const inner = embeds[0].description.slice(2, -2)
        expect(inner.replace(/\\[^0-9A-Za-z\s]/g, '')).not.toMatch(/[\\*_~`|>#[\]()<:@-]/)
      }),
    )
  })

  test('are no mention in Telegram, and nothing is parsed', () => {
    fc.assert(
      fc.property(names, (title) => {
        const sent = body('telegram', alertMessageOf({ title }))
        expect(sent.text).not.toMatch(/@\w/)
        expect(sent).not.toHaveProperty('parse_mode')
      }),
    )
  })

  test('are handed on by Alertmanager without angles', () => {
    fc.assert(
      fc.property(names, names, (title, cause) => {
        const alerts = body('alertmanager', alertMessageOf({ title, cause }))
        for (const { labels, annotations } of alerts) {
          expect(
            strings([labels, annotations])
              .map(([, text]) => text)
              .join(''),
          ).not.toMatch(/[<>]/)
        }
      }),
    )
  })

  test('never make a message longer than its service takes', () => {
    const longest = ['&'.repeat(5_000), '*'.repeat(5_000), '\u202e'.repeat(5_000), '日'.repeat(5_000)]
    for (const text of longest) {
      const message = alertMessageOf({ title: text, lines: Array.from({ length: 60 }, () => text) })
      for (const block of body('slack', message).blocks)
        expect(block.text.text.length).toBeLessThanOrEqual(3_000)
      expect(body('discord', message).embeds[0].description.length).toBeLessThanOrEqual(4_096)
      expect(body('telegram', message).text.length).toBeLessThanOrEqual(4_096)
      const { title, message: told } = body('ntfy', message)
      expect(Buffer.byteLength(title)).toBeLessThanOrEqual(1_024)
      expect(Buffer.byteLength(told)).toBeLessThanOrEqual(4_096)
      expect(body('pagerduty', message).payload.summary.length).toBeLessThanOrEqual(1_024)
      // Teams takes 28 kB.
      expect(Buffer.byteLength(formats.teams?.(message).body ?? '')).toBeLessThanOrEqual(28_000)
    }
  })
})

describe('a format', () => {
  test('signs as the example of Standard Webhooks', () => {
    // The example of the specification's own libraries.
    const signature = webhookSignature('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: '1614265330',
      body: '{"test": 2432232314}',
    })
    expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  test('of PagerDuty opens and resolves one incident an alert, and tells what happened once as a change', () => {
    const [raise, recover] = [alertMessageOf(), alertMessageOf({ act: 'recover' })].map((one) =>
      body('pagerduty', one),
    )
    expect([raise.event_action, recover.event_action]).toEqual(['trigger', 'resolve'])
    expect(raise.dedup_key).toBe(recover.dedup_key)
    const anchor = alertMessageOf({ endpoint: { id: '', name: '', target: '' } })
    expect(body('pagerduty', anchor).payload).toMatchObject({ source: 'tlsfit', component: 'tlsfit' })
    expect(formats.pagerduty?.(alertMessageOf({ once: true })).url).toBe(
      'https://p.example/v2/change/enqueue',
    )
  })

  test('of Alertmanager ends the alert of a severity that it had before', () => {
    const alerts = body(
      'alertmanager',
      alertMessageOf({ severity: 'critical', severitiesBefore: ['warning', 'critical'] }),
    )
    expect(alerts.map(({ labels }: { labels: { severity: string } }) => labels.severity)).toEqual([
      'critical',
      'warning',
    ])
    expect(alerts[1].endsAt).toBe(alertMessageOf().at)
    expect(Date.parse(alerts[0].endsAt)).toBeGreaterThan(Date.parse(alertMessageOf().at) + 300 * 86_400_000)
  })
})
