import type { AlertMessage } from './alert-message.ts'
import { headline, joinWithin, paragraphs } from './message-words.ts'
import { type Outgoing, postJson } from './outgoing.ts'

/** Of an embed's description. */
const MAX_DESCRIPTION = 4_096
const colours = { critical: 0xc62828, warning: 0xb26a00, info: 0x5f6b7a, recovered: 0x2e7d32 } as const

/** A webhook of Discord. Nobody is mentioned, whatever the names say, and marks of its markdown are escaped. */
export function discordRequest(message: AlertMessage, url: string): Outgoing {
  const title = `**${escapeDiscord(headline(message))}**`
  const rest = joinWithin(paragraphs(message), MAX_DESCRIPTION - title.length - 1, escapeDiscord)
  return postJson(url, {
    allowed_mentions: { parse: [] },
    embeds: [
      {
        description: rest === '' ? title : `${title}\n${rest}`,
        color: colours[message.act === 'recover' ? 'recovered' : message.severity],
        timestamp: message.at,
        ...(message.link !== undefined && { title: 'tlsfit', url: message.link }),
      },
    ],
  })
}

/** Every mark of ASCII that its markdown, mentions, timestamps and emojis begin with; a backslash before others shows. */
function escapeDiscord(text: string): string {
  return text.replace(/[\\*_~`|>#[\]()<:@-]/g, '\\$&')
}
