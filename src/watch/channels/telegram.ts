import type { AlertMessage } from './alert-message.ts'
import { headline, joinWithin, paragraphs } from './message-words.ts'
import { type Outgoing, postJson } from './outgoing.ts'

/** Of a message's text, https://core.telegram.org/bots/api#sendmessage. */
const MAX_TEXT = 4_096

/** Without `parse_mode` no marks are read; Telegram finds mentions by itself even so, and these are parted. */
export function telegramRequest(
  message: AlertMessage,
  { chat, token, base }: { readonly chat: string; readonly token: string; readonly base: string },
): Outgoing {
  const link = message.link === undefined ? [] : [message.link]
  const pieces = [headline(message), ...paragraphs(message)].map(withoutMentions)
  return postJson(`${base}/bot${token}/sendMessage`, {
    chat_id: chat,
    text: joinWithin([joinWithin(pieces, MAX_TEXT - 600), ...link], MAX_TEXT),
    link_preview_options: { is_disabled: true },
    disable_notification: message.severity === 'info',
  })
}

/** A word joiner shows nothing and ends a mention before its name. */
function withoutMentions(text: string): string {
  return text.replace(/@(?=\w)/g, '@\u2060')
}
