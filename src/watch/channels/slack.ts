import type { AlertMessage } from './alert-message.ts'
import { headline, joinWithin, paragraphs } from './message-words.ts'
import { type Outgoing, postJson } from './outgoing.ts'

/** A text object of Slack takes 3,000 characters. */
const MAX_TEXT = 3_000

/** An incoming webhook. `plain_text` reads neither marks nor mentions, and nothing is unfurled. */
export function slackRequest(message: AlertMessage, url: string): Outgoing {
  const title = escapeSlack(headline(message))
  const text = joinWithin(paragraphs(message), MAX_TEXT, escapeSlack)
  return postJson(url, {
    // Read out by notifications; read as mrkdwn, in which only <…> mentions and links.
    text: title,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      plainSection(title),
      ...(text === '' ? [] : [plainSection(text)]),
      ...(message.link === undefined ? [] : [linkSection(message.link)]),
    ],
  })
}

function plainSection(text: string): object {
  return { type: 'section', text: { type: 'plain_text', text, emoji: false } }
}

function linkSection(link: string): object {
  return { type: 'section', text: { type: 'mrkdwn', text: `<${escapeSlack(link)}|open in tlsfit>` } }
}

/** https://docs.slack.dev/messaging/formatting-message-text/#escaping: these three, and no others. */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
