import type { ApiError } from './contract.ts'

type Status = 400 | 401 | 403 | 404 | 409 | 413 | 415 | 421 | 422 | 429 | 500 | 503

/** Thrown by routes and by what stands before them; it is the answer. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  readonly status: Status
  /** Kebab-case, such as `endpoint-unknown`. */
  readonly code: string
  readonly hint: string | undefined
  /** Field or parameter. */
  readonly at: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(
    status: Status,
    code: string,
    message: string,
    more: { hint?: string | undefined; at?: string | undefined; retryAfterSeconds?: number } = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.hint = more.hint
    this.at = more.at
    this.retryAfterSeconds = more.retryAfterSeconds
  }
}

export function errorBody({
  code,
  message,
  hint,
  at,
}: Pick<ApiFailure, 'code' | 'message' | 'hint' | 'at'>): ApiError {
  return { schema: 'tlsfit/error@1', error: { code, message, hint, at } }
}

export function unknown(
  what: 'endpoint' | 'fleet' | 'channel' | 'alert' | 'silence' | 'token' | 'device' | 'view',
) {
  return new ApiFailure(404, `${what}-unknown`, `there is no such ${what}`)
}
