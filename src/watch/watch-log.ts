/** What happens in the service, one line each: for stderr. */
export interface WatchLog {
  readonly note: (event: string, fields?: LogFields) => void
}

export type LogFields = { readonly [name: string]: string | number | undefined }
