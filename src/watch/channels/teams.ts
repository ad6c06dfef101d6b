import type { AlertMessage } from './alert-message.ts'
import { headline, paragraphs } from './message-words.ts'
import { type Outgoing, postJson } from './outgoing.ts'

const colours = { critical: 'attention', warning: 'warning', info: 'default' } as const

/**
 * A workflow of Teams that posts what its webhook gets: an Adaptive Card 1.4. `TextBlock` reads markdown, a `TextRun` does
 * not, and mentions need an entity of their own; so nothing has to be escaped.
 */
export function teamsRequest(message: AlertMessage, url: string): Outgoing {
  const colour = message.act === 'recover' ? 'good' : colours[message.severity]
  return postJson(url, {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            textBlock(headline(message), { weight: 'bolder', color: colour }),
            ...paragraphs(message).map((line) => textBlock(line, {})),
          ],
          ...(message.link !== undefined && {
            actions: [{ type: 'Action.OpenUrl', title: 'open in tlsfit', url: message.link }],
          }),
        },
      },
    ],
  })
}

function textBlock(text: string, look: object): object {
  return { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text, ...look }] }
}
