import type { VerifyMode } from '../judge/judge-input.ts'
import type { AccessConfig } from './access-config.ts'
import type { Severity } from './condition.ts'
import type { ScheduleParts } from './schedule-defaults.ts'

/** `watch.yaml`, checked: what is watched, for whom, and who is told. Plain JSON; paths are as written. */
export interface WatchConfig {
  readonly endpoints: readonly WatchedEndpoint[]
  readonly fleets: readonly Fleet[]
  readonly channels: readonly Channel[]
  /** Names of the places that probes start from; `local` alone where none is written. */
  readonly vantages: readonly string[]
  /** Of endpoints that have none of their own; what is not said here may be set in the dashboard. */
  readonly schedule?: ScheduleParts | undefined
  /** Of endpoints that say nothing themselves, as far as the file says it: the rest may be set in the dashboard. */
  readonly timeoutSeconds?: number | undefined
  readonly thresholds: ThresholdParts
  readonly retries: { readonly [part in keyof Retries]?: number | undefined }
  readonly maintenance: readonly MaintenanceWindow[]
  readonly retention: Retention
  readonly views: WatchedViews
  readonly transparency?: Transparency | undefined
  /** Who may reach the dashboard; read at the start. */
  readonly access?: AccessConfig | undefined
}

/** Where certificates that were logged are told: a file that may grow, or an address that is asked in turns. */
export type Transparency = { readonly everySeconds: number } & (
  | { readonly file: string }
  | { readonly url: string }
)

/** What runs beside the watch, and is shown while somebody looks. Nobody but the file names the places. */
export interface WatchedViews {
  /** `url`: where its `operations` listen, for `/healthz` and `/metrics`. */
  readonly gateways: readonly { readonly id: string; readonly name: string; readonly url: string }[]
  /** `folder`: the `--dir` of `tlsfit measure`. */
  readonly measurements: readonly { readonly id: string; readonly name: string; readonly folder: string }[]
}

/** What it says of its schedule, time and thresholds is its own; undefined: as the defaults, whatever they are by then. */
export interface WatchedEndpoint extends ScheduleParts {
  /** Stable: history and alerts hang on it. */
  readonly id: string
  readonly name: string
  /** `https://…`, `mqtts://…`, `tls://host:port`, or `lab:CASE/STEP` of the lab. Never with a secret. */
  readonly target: string
  /** The query string, where it is a secret. */
  readonly query?: SecretReference | undefined
  /** Another server name than the target's host; `none` sends none. */
  readonly sni?: string | undefined
  /** Where the TCP connection goes in place of the target: `host:port`. */
  readonly connect?: string | undefined
  readonly method?: string | undefined
  /** Bytes of a body to read at most. */
  readonly bytes?: number | undefined
  readonly timeoutSeconds?: number | undefined
  readonly headers: readonly WatchedHeader[]
  readonly clientCertificate?: ClientCertificateReference | undefined
  /** Ids of the fleets that use it; undefined: all there are. */
  readonly fleets?: readonly string[] | undefined
  readonly vantages: readonly string[]
  readonly thresholds?: ThresholdParts | undefined
}

export interface WatchedHeader {
  readonly name: string
  readonly value: string | SecretReference
}

/** Where a secret lies: in the store's sealed credentials, the environment or a file. Never the secret itself. */
export type SecretReference =
  | { readonly credential: string }
  | { readonly env: string }
  | { readonly file: string }

/** PEM of both; the certificate is no secret, and may lie in a file of its own. */
export interface ClientCertificateReference {
  readonly certificate: SecretReference
  readonly key: SecretReference
}

/** Devices of one type that hold and do the same. */
export interface Fleet {
  readonly id: string
  readonly name: string
  /** An id as typed, such as `nrf9160@1.3.7`. */
  readonly device: string
  /** How many of them are out there. */
  readonly count: number
  /** PEM or DER files, ids of public roots, or `lab:CASE/STEP`; undefined: not known. */
  readonly anchors?: readonly string[] | undefined
  readonly verify: VerifyMode
  readonly clock: ClockRule
}

/**
 * How right the devices' clocks are. `right`: as ours. `off`: wrong by so many seconds, less than zero where they are
 * behind. `stands`: no clock runs, and they take it for this instant.
 */
export type ClockRule =
  | { readonly kind: 'right' }
  | { readonly kind: 'off'; readonly seconds: number }
  | { readonly kind: 'stands'; readonly at: string }

/** From where on somebody is told. */
export interface Thresholds {
  /** Room that must be left to each limit. */
  readonly room: RoomThreshold
  /** Room that may be lost from one round to the next. */
  readonly shrink: RoomThreshold
  /** Days before the end; of a leaf never more than a quarter of its own life. */
  readonly expiryDays: ExpiryDays
}

/** As far as one place says it. */
export interface ThresholdParts {
  readonly room?: RoomThreshold | undefined
  readonly shrink?: RoomThreshold | undefined
  readonly expiryDays?: { readonly [of in keyof ExpiryDays]?: number | undefined } | undefined
}

/** Either of them is enough. Percent is of a limit in bytes. */
export interface RoomThreshold {
  readonly percent?: number | undefined
  readonly bytes?: number | undefined
}

export interface ExpiryDays {
  readonly leaf: number
  readonly intermediate: number
  readonly root: number
  /** Of what devices hold: it takes an update of them all. */
  readonly anchor: number
}

/** How often an endpoint that did not answer is tried again before anybody is told. */
export interface Retries {
  readonly count: number
  readonly afterSeconds: number
}

/** When nobody is to be told of what they name; of all, where they name nothing. */
export type MaintenanceWindow = {
  readonly id: string
  readonly endpoints?: readonly string[] | undefined
  readonly fleets?: readonly string[] | undefined
  readonly reason: string
} & (
  | { readonly kind: 'once'; readonly from: string; readonly to: string }
  /** Every week, in UTC. `day` counts from Sunday, as `Date.getUTCDay` does. */
  | {
      readonly kind: 'weekly'
      readonly day: number
      readonly minute: number
      readonly seconds: number
    }
)

/** How long is kept what was found, in days. */
export interface Retention {
  /** One row for each round. */
  readonly probesDays: number
  /** Verdicts over time, snapshots and changes. */
  readonly historyDays: number
  readonly alertsDays: number
}

interface ChannelParts {
  readonly id: string
  readonly name: string
  /** The least that is told here. */
  readonly from: Severity
  /** Of these alone; of all, where undefined. */
  readonly endpoints?: readonly string[] | undefined
  readonly fleets?: readonly string[] | undefined
}

/** Who is told. Addresses that let anybody write there are secrets. */
export type Channel = ChannelParts &
  (
    | {
        readonly kind: 'webhook'
        readonly url: SecretReference | string
        readonly key?: SecretReference | undefined
      }
    | {
        readonly kind: 'email'
        /** `smtp://host:port` or `smtps://host:port`. */
        readonly server: string
        readonly sender: string
        readonly to: readonly string[]
        readonly user?: string | undefined
        readonly password?: SecretReference | undefined
      }
    | { readonly kind: 'slack' | 'teams' | 'discord'; readonly url: SecretReference }
    | {
        readonly kind: 'alertmanager'
        readonly url: string
        readonly token?: SecretReference | undefined
      }
    | { readonly kind: 'telegram'; readonly token: SecretReference; readonly chat: string }
    | {
        readonly kind: 'ntfy'
        readonly url: SecretReference | string
        readonly token?: SecretReference | undefined
      }
    | { readonly kind: 'pagerduty'; readonly key: SecretReference }
  )
