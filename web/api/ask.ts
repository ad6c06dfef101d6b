import type { ApiError } from '../../src/api/contract.ts'
import { parseAnswer } from './parse-answer.ts'

/** Why a question has no answer, as the API or the network says it. */
export class AskError extends Error {
  override readonly name = 'AskError'
  /** HTTP status; 0 where no answer came. */
  readonly status: number
  readonly hint: string | undefined
  readonly at: string | undefined

  constructor(status: number, message: string, hint?: string, at?: string) {
    super(message)
    this.status = status
    this.hint = hint
    this.at = at
  }
}

export interface Question {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Sent as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal
}

let csrf = ''

/** From the session: goes with whatever changes something. */
export function keepCsrf(token: string): void {
  csrf = token
}

/** `path` below `/api/v1`. Throws `AskError`, or the signal's reason where it is given up. */
export async function ask<Answer>(path: string, question: Question = {}): Promise<Answer> {
  const response = await reach(path, question)
  if (response.status === 204) return undefined as Answer
  const text = await response.text()
  return (text === '' ? undefined : parseAnswer(text)) as Answer
}

export async function askText(path: string, question: Question = {}): Promise<string> {
  return await (await reach(path, question)).text()
}

export function apiUrl(path: string): string {
  return new URL(`api/v1${path}`, document.baseURI.replace(/#.*$/, '')).href
}

async function reach(path: string, { method = 'GET', body, signal }: Question): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (method !== 'GET' && csrf !== '') headers['x-csrf-token'] = csrf
  const response = await fetch(apiUrl(path), {
    ...{ method, headers, credentials: 'same-origin' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error
    throw new AskError(
      0,
      'tlsfit does not answer',
      'see whether `tlsfit watch` still runs; this page asks again by itself',
    )
  })
  if (!response.ok) throw await readFault(response)
  return response
}

async function readFault(response: Response): Promise<AskError> {
  try {
    const { error } = parseAnswer(await response.text()) as ApiError
    return new AskError(response.status, error.message, error.hint, error.at)
  } catch {
    return new AskError(response.status, `the answer was HTTP status ${response.status}`)
  }
}
