import type { Json } from '../observe/observation-json.ts'

/** An error for scripts: `code` to match on, `message` and `hint` for people, `at` the file, option or field. */
export interface ErrorInWords {
  readonly code: string
  readonly message: string
  readonly hint: string | undefined
  readonly at: string | undefined
}

/** `tlsfit/error@1`. */
export function errorJson(error: ErrorInWords): { readonly [key: string]: Json } {
  return {
    schema: 'tlsfit/error@1',
    error: { code: error.code, message: error.message, hint: error.hint ?? null, at: error.at ?? null },
  }
}
