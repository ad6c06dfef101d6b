import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { alertMessageOf } from '../../../test/support/alerts.ts'
import { parseWatch } from '../../fleet/parse-watch.ts'
import { openCatalogue } from '../../io/catalogue-files.ts'
import { alertJson, webhookRequest } from './webhook.ts'

const catalogue = openCatalogue()
const page = readFileSync(join(import.meta.dirname, '../../../docs/alerts.md'), 'utf8')

function blocks(language: string): string[] {
  const found = page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))
  return [...found].map((match) => match[1] ?? '')
}

test('the page verifies a webhook as it is sent, and nothing that was changed or is old', async () => {
  const [source = ''] = blocks('js')
  const { verify } = await import(`data:text/javascript,${encodeURIComponent(source)}`)
  const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const sent = (now: Date) => webhookRequest(alertMessageOf(), { url: 'https://h.example', key, now })
  const { headers, body } = sent(new Date())
  expect(verify(headers, body, key)).toBe(true)
  expect(verify(headers, Buffer.from(body), key)).toBe(true)
  expect(verify(headers, `${body} `, key)).toBe(false)
  expect(verify(headers, body, 'whsec_AAAA')).toBe(false)
  expect(verify({ ...headers, 'webhook-id': 'other' }, body, key)).toBe(false)
  expect(verify({ ...headers, 'webhook-signature': undefined }, body, key)).toBe(false)
  const old = sent(new Date(Date.now() - 301_000))
  expect(verify(old.headers, old.body, key)).toBe(false)
})

test('the page shows the body as it is sent', () => {
  const [shown = ''] = blocks('json')
  const { id, alert, cause } = JSON.parse(shown)
  expect(alertJson(alertMessageOf({ id, alertKey: alert, cause }))).toEqual(JSON.parse(shown))
})

test('the channels of the page are such as watch.yaml takes', () => {
  const yaml = blocks('yaml')
  expect(yaml).toHaveLength(5)
  for (const text of yaml) {
    const { config } = parseWatch(`endpoints: [https://fw.example.com/]\n${text}`, 'watch.yaml', catalogue)
    expect(config.channels.length, text).toBeGreaterThan(0)
  }
})
