import type { AlertMessage } from './alert-message.ts'
import { headline, joinWithin, paragraphs } from './message-words.ts'
import { bearer, type Outgoing, postJson } from './outgoing.ts'

/** Beyond 4,096 bytes a message becomes an attachment; a character of ours takes 4 at most. */
const MAX_TEXT = 1_000
const priorities = { critical: 5, warning: 4, info: 2 } as const
const tags = { critical: 'rotating_light', warning: 'warning', info: 'information_source' } as const

/** `url` is that of a topic. JSON goes to the server itself: in headers a title would have to be ASCII. */
export function ntfyRequest(
  message: AlertMessage,
  { url, token }: { readonly url: string; readonly token?: string | undefined },
): Outgoing {
  const server = new URL(url)
  const path = server.pathname.replace(/\/+$/, '')
  const topic = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1))
  server.pathname = path.slice(0, path.lastIndexOf('/') + 1)
  const recovered = message.act === 'recover'
  const body = {
    topic,
    title: headline(message, 200),
    message: joinWithin(paragraphs(message), MAX_TEXT) || headline(message),
    priority: recovered ? 3 : priorities[message.severity],
    tags: [recovered ? 'white_check_mark' : tags[message.severity]],
    ...(message.link !== undefined && { click: message.link }),
  }
  return postJson(server.href, body, bearer(token))
}
