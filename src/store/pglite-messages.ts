import type { SqlValue } from './database.ts'

export interface ThreadData {
  readonly folder: string
}

/** To the thread. `seq` pairs an answer with its question; without `values`, `text` may be several statements. */
export type ToThread =
  | {
      readonly kind: 'query'
      readonly seq: number
      readonly text: string
      readonly values: readonly SqlValue[] | undefined
    }
  | { readonly kind: 'close' }

/** From the thread. */
export type FromThread =
  | { readonly kind: 'opened' }
  | { readonly kind: 'unopened'; readonly message: string }
  | { readonly kind: 'rows'; readonly seq: number; readonly rows: object[] }
  | {
      readonly kind: 'refused'
      readonly seq: number
      readonly message: string
      readonly code: string | undefined
    }
  | { readonly kind: 'closed' }
