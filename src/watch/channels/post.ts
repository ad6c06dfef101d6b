import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { checkLiteral, guardedLookup, type MayConnect } from './connect-rule.ts'
import type { Outgoing } from './outgoing.ts'

export interface PostOptions {
  readonly mayConnect: MayConnect
  /** For all of it, from the look-up to the answer. */
  readonly timeoutMs: number
  /** PEM of roots, in place of Node's. */
  readonly roots?: string | undefined
}

export interface Answer {
  readonly status: number
  /** `Retry-After` as it was sent. */
  readonly retryAfter: string | undefined
  /** Its beginning, where it is no success; of a success nothing is read. */
  readonly body: string
}

/** What is wrong is said within that. */
const MAX_ANSWER_BYTES = 4_096

/**
 * Posts it and reads what is needed of the answer. No redirect is followed: the body would go to whom nobody has named.
 * Not by `fetch`, which looks a name up by itself and could be led elsewhere than the rule was asked about. Rejects where
 * there is no answer.
 */
export function post(outgoing: Outgoing, options: PostOptions): Promise<Answer> {
  const { mayConnect, timeoutMs, roots } = options
  return new Promise((resolve, reject) => {
    const url = new URL(outgoing.url)
    checkLiteral(url.hostname, mayConnect)
    const body = Buffer.from(outgoing.body)
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method: 'POST',
      headers: { ...outgoing.headers, 'content-length': body.length, 'user-agent': 'tlsfit' },
      agent: false,
      lookup: guardedLookup(mayConnect),
      signal: AbortSignal.timeout(timeoutMs),
      ...(roots !== undefined && { ca: roots }),
    })
    request.on('error', reject)
    request.once('response', (response) => {
      response.on('error', () => {})
      readAnswer(response).then(resolve, reject)
    })
    request.end(body)
  })
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response
  const retryAfter = headers['retry-after']
  if (status >= 200 && status < 300) {
    response.destroy()
    return { status, retryAfter, body: '' }
  }
  const body = await readBeginning(response)
  response.destroy()
  return { status, retryAfter, body }
}

/** The status has come, and says enough where the rest does not. */
async function readBeginning(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= MAX_ANSWER_BYTES) break
    }
  } catch {}
  return Buffer.concat(chunks).toString('utf8', 0, MAX_ANSWER_BYTES)
}
