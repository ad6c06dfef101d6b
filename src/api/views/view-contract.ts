/**
 * What runs beside the watch, as its own status tells it now. Plain JSON; `watch.yaml` names the places, and no caller
 * of the API can.
 */
export type LiveView = GatewayView | MeasureView

export interface ViewHead {
  readonly kind: 'gateway' | 'measure'
  readonly id: string
  readonly name: string
}

interface ViewParts extends ViewHead {
  /** When it was asked. */
  readonly at: string
  /** Why nothing is known of it now, in the system's word; then the rest is left out. */
  readonly fault?: string | undefined
}

export interface GatewayView extends ViewParts {
  readonly kind: 'gateway'
  readonly status?: GatewayStatus | undefined
}

/** Since the gateway began, but `connections`. */
export interface GatewayStatus {
  readonly state: 'ok' | 'degraded' | 'stopping'
  readonly workers: { readonly running: number; readonly wanted: number }
  /** That are there now, each a line. */
  readonly faults: readonly string[]
  /** At this moment. */
  readonly connections: number
  readonly handshakes: number
  readonly failures: number
  readonly resumed: number
  readonly requests: number
  readonly mqttEnds: number
  readonly bytesSent: number
  readonly bytesSaved: number
  readonly versions: readonly Tally[]
  readonly listeners: readonly Tally[]
  readonly statuses: readonly Tally[]
  readonly denied: readonly Tally[]
  /** The most first. */
  readonly errors: readonly {
    readonly device: string
    readonly finding: string
    readonly how: string
    readonly count: number
  }[]
  readonly upstreams: readonly { readonly upstream: string; readonly code: string; readonly count: number }[]
  readonly cache?:
    | {
        readonly bytesServed: number
        readonly bytesFetched: number
        readonly fills: number
        readonly revalidations: number
        readonly refused: number
      }
    | undefined
}

export interface Tally {
  readonly name: string
  readonly count: number
}

export interface MeasureView extends ViewParts {
  readonly kind: 'measure'
  readonly session?: MeasureSession | undefined
}

export interface MeasureSession {
  readonly startedAt: string
  /** Where devices were told to ask. */
  readonly url: string
  readonly mqttPort: number
  readonly devices: readonly MeasuredDevice[]
  /** Devices that are left out. */
  readonly hidden: number
}

export interface MeasuredDevice {
  readonly name: string
  readonly connections: number
  readonly lastAt?: string | undefined
  /** What its next connection is asked; undefined: all was asked. */
  readonly question?: string | undefined
  readonly left: string
  /** The latest first. */
  readonly answers: readonly { readonly number: number; readonly question: string; readonly answer: string }[]
  readonly known: readonly { readonly name: string; readonly text: string }[]
  readonly searches: readonly SearchPicture[]
}

/** How a limit is looked for; places from 0 to 1 of an axis that widens towards the limit. */
export interface SearchPicture {
  readonly title: string
  readonly found: string
  readonly edge: number
  readonly steps: readonly {
    /** Of the connection, from 1. */
    readonly number: number
    readonly amount: string
    readonly at: number
    readonly said: 'passes' | 'fails' | 'lost'
    /** What was open after it. */
    readonly from: number
    readonly to: number
  }[]
}
