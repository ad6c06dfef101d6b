/** What happened, for logs and metrics. No secret in it: URLs are blanked before they come here. */
export interface GatewayEvent {
  readonly level: 'info' | 'warn' | 'error'
  /** Closed vocabulary, so that logs can be counted. */
  readonly what:
    | 'started'
    | 'reloaded'
    | 'reload-failed'
    | 'stopped'
    | 'admission'
    | 'risk'
    | 'worker'
    | 'secured'
    | 'handshake-failed'
    | 'request'
    | 'denied'
    | 'refused-head'
    | 'upstream-failed'
    | 'cache'
    | 'mqtt-connect'
    | 'mqtt-end'
    | 'certificate'
    | 'fault'
  readonly listener?: string | undefined
  /** Number of the connection within its worker. */
  readonly connection?: number | undefined
  readonly remote?: string | undefined
  readonly upstream?: string | undefined
  /** One line for people. */
  readonly message?: string | undefined
  /** More of the event: numbers with their unit in the name, such as `bodyBytes`, `durationMs`. */
  readonly facts?: Readonly<Record<string, string | number | boolean | undefined>> | undefined
}

export type GatewayLog = (event: GatewayEvent) => void
