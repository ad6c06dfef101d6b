import type { Stage } from '../finding/stage.ts'
import type { Condition, ConditionKind, Severity } from '../fleet/condition.ts'
import type { EndpointDefaults } from '../fleet/endpoint-defaults.ts'
import type { Snapshot } from '../fleet/snapshot.ts'
import type { SnapshotChange } from '../fleet/snapshot-change.ts'
import type { UntoldCertificate } from '../fleet/untold-certificate.ts'
import type { MarginSummary, VerdictSummary } from '../fleet/verdict-summary.ts'
import type { Thresholds } from '../fleet/watch-config.ts'
import type { VerifyMode } from '../judge/judge-input.ts'
import type { State } from '../judge/verdict.ts'
import type { WireStory } from '../report/wire-story.ts'

/**
 * What the API of `tlsfit watch` answers, for the page and for scripts: JSON, times as ISO 8601 in UTC. Routes are under
 * `/api/v1`. Only types: the page is built from them too.
 */

/** Error of any route; `at` names the field or parameter. */
export interface ApiError {
  readonly schema: 'tlsfit/error@1'
  readonly error: {
    readonly code: string
    readonly message: string
    readonly hint?: string | undefined
    readonly at?: string | undefined
  }
}

/** `GET /session`: who asks, and what the page may do. */
export interface SessionInfo {
  readonly subject: string
  readonly scope: Scope
  /** To be sent as `X-CSRF-Token` with whatever changes something. */
  readonly csrf: string
  readonly version: string
  /** Whether a log-in is needed at all: not on loopback without one. */
  readonly login: 'none' | 'token' | 'oidc'
  /** Whether anything runs beside the watch that can be looked at: `GET /views`, `GET /views/:id`. */
  readonly views: boolean
}

export type Scope = 'read' | 'write' | 'admin'

/**
 * `POST /session { token }` logs a browser in and gives the same; `DELETE /session` logs out.
 */

/**
 * `GET /overview?sort=room|name|state&state=…|unseen&q=…&offset=…&limit=…`: the heat map, nearest limit first; 500 rows
 * unless `limit` says otherwise, 20,000 at most. `state`: endpoints whose worst state it is, as `states` counts them; `q`:
 * part of an id, name or target. With an `ETag`; `304` where nothing changed.
 */
export interface Overview {
  readonly at: string
  readonly fleets: readonly FleetHead[]
  readonly rows: readonly OverviewRow[]
  /** Rows that there are of what was asked for. */
  readonly total: number
  /** Of all endpoints, by the worst state of any fleet. */
  readonly states: { readonly [state in State | 'unseen']: number }
  readonly openAlerts: { readonly [severity in Severity]: number }
  /** Devices of fleets that are blocked at any endpoint that they use. */
  readonly blockedDevices: number
}

export interface FleetHead {
  readonly id: string
  readonly name: string
  readonly device: string
  readonly count: number
}

export interface OverviewRow {
  readonly id: string
  readonly name: string
  readonly target: string
  /** The least room of any of its fleets; undefined where none is known. */
  readonly room?: number | undefined
  /** Slot of the last round, whatever it came to. */
  readonly lastProbe?: string | undefined
  readonly lastChange?: string | undefined
  /** Days until the leaf ends. */
  readonly leafDays?: number | undefined
  /** By fleet, in the order of `fleets`; null where the fleet does not use it, or nothing was seen yet. */
  readonly cells: readonly (OverviewCell | null)[]
}

/** Short keys: 5,000 endpoints × 40 fleets of them are sent. */
export interface OverviewCell {
  /** State: f(its), r(isk), b(locked), u(ndecided). */
  readonly s: 'f' | 'r' | 'b' | 'u'
  /** Room left to the nearest limit, share of it. */
  readonly r?: number | undefined
  /** The same in the limit's unit. */
  readonly l?: number | undefined
  /** Bytes, unless it is said: bits, certificates, characters. */
  readonly n?: MarginSummary['unit'] | undefined
  /** Where it stops. */
  readonly g?: Stage | undefined
}

/** `GET /endpoints/:id?vantage=…`: whose snapshot and last probe; otherwise the first that saw something. */
export interface EndpointPage {
  readonly endpoint: EndpointInfo
  readonly fleets: readonly (FleetHead & {
    readonly vantage: string
    readonly verdict?: VerdictSummary | undefined
    readonly since?: string | undefined
  })[]
  /** From where it was reached last, and from where it is not. */
  readonly standings: readonly {
    readonly vantage: string
    readonly reachedAt?: string | undefined
    /** When every hello was sent last: verdicts are of what was met then. */
    readonly thoroughAt?: string | undefined
    readonly unreachedSince?: string | undefined
    readonly failure?: string | undefined
  }[]
  readonly snapshot?: Snapshot | undefined
  /** Those that are open. */
  readonly alerts: readonly AlertInfo[]
  readonly changes: readonly ChangeInfo[]
  readonly lastProbe?: ProbeInfo | undefined
  /** Certificates that Certificate Transparency tells of for its host, and that cannot be judged. */
  readonly logged: readonly LoggedInfo[]
}

export interface LoggedInfo {
  readonly certificate: UntoldCertificate
  /** A few words of `report/`, and sentences with what it would need. */
  readonly title: string
  readonly text: string
}

export interface EndpointInfo {
  readonly id: string
  readonly name: string
  readonly target: string
  readonly everySeconds: number
  /** Every distinct hello is sent at least once in so long. */
  readonly thoroughSeconds: number
  /** Whether they are its own; else those of `Settings.schedule`, whatever they become. */
  readonly own: { readonly every: boolean; readonly thorough: boolean }
  readonly vantages: readonly string[]
  /** Those of a file are changed there. */
  readonly origin: 'file' | 'api'
  readonly dueAt: string
  readonly thresholds: Thresholds
  /** Ids; undefined: all there are. */
  readonly fleets?: readonly string[] | undefined
  readonly sni?: string | undefined
  readonly connect?: string | undefined
}

/** `GET /endpoints/:id/history?days=…`: sizes over time, one point at each change of them, and where changes lie. */
export interface EndpointHistory {
  readonly series: readonly SizeSeries[]
  readonly changes: readonly ChangeInfo[]
  readonly verdicts: readonly {
    readonly at: string
    readonly fleetId: string
    readonly vantage: string
    readonly state: State
    readonly stage?: Stage | undefined
  }[]
}

export interface SizeSeries {
  readonly vantage: string
  /** `chain`: DER of all certificates that were sent, as `bytes` of the snapshot's chains, changes and limits of chains. */
  readonly of: 'chain' | 'certificate' | 'handshake-record' | 'data-record'
  /** [milliseconds since 1970, bytes], the largest of any view. */
  readonly points: readonly (readonly [atMs: number, bytes: number])[]
}

/**
 * `GET /endpoints/:id/handshake?fleet=…`: what was said when it was seen last, and where each fleet stops, as the HTML
 * report draws it; judged anew.
 */
export interface EndpointHandshake {
  /** `who`: names of fleets. Where somebody stops stands first. */
  readonly stories: readonly WireStory[]
  /** Connections that are left out: there are too many of them. */
  readonly hidden: number
}

/** `GET /endpoints/:id/report?fleet=…`: the HTML report of its last sight, as `check --format html` writes it. */

/** `GET /changes?endpoint=…&before=…&limit=…` */
export interface ChangeInfo {
  readonly id: number
  readonly endpointId: string
  readonly vantage: string
  readonly at: string
  readonly change: SnapshotChange
  /** A few words of `report/`, and a sentence with both sides. */
  readonly title: string
  readonly text: string
}

/** `GET /alerts?open=true&endpoint=…&before=…&limit=…` */
export interface AlertInfo {
  readonly id: number
  readonly kind: ConditionKind
  readonly severity: Severity
  readonly endpointId: string
  readonly endpointName: string
  readonly condition: Condition
  /** One line, and sentences behind it, one a line. */
  readonly title: string
  readonly text: string
  readonly raisedAt: string
  readonly updatedAt: string
  readonly recoveredAt?: string | undefined
  readonly acknowledgedAt?: string | undefined
  readonly acknowledgedBy?: string | undefined
  readonly mutedUntil?: string | undefined
  readonly deliveries: readonly {
    readonly channelId: string
    readonly event: string
    readonly state: 'waiting' | 'delivered' | 'given-up'
    readonly attempts: number
    readonly lastError?: string | undefined
  }[]
}
/** `POST /alerts/:id/acknowledge`; `POST /alerts/:id/mute { until }`; `DELETE /alerts/:id/mute`: each gives the alert. */

export interface ProbeInfo {
  readonly slot: string
  readonly vantage: string
  readonly startedAt: string
  readonly durationMs: number
  readonly connections: number
  readonly bytesReceived: number
  readonly attempts: number
  readonly failure?: string | undefined
}

/**
 * `POST /endpoints` and `PUT /endpoints/:id` give the `EndpointInfo`; `DELETE /endpoints/:id`; `POST /endpoints/:id/probe`:
 * now. What is left out of a `PUT` is no longer: only `everySeconds`, `thoroughSeconds` and
 * `vantages` stay.
 */
export interface EndpointEdit {
  readonly name?: string | undefined
  readonly target: string
  /** `null`: as the defaults of `Settings.schedule`, as it is for a new one without it. */
  readonly everySeconds?: number | null | undefined
  readonly thoroughSeconds?: number | null | undefined
  readonly fleets?: readonly string[] | undefined
  readonly vantages?: readonly string[] | undefined
  readonly sni?: string | undefined
  readonly connect?: string | undefined
}

/** `POST /fleets`, `PUT /fleets/:id`, `DELETE /fleets/:id` */
export interface FleetEdit {
  /** Of a new one; made of its name where it is not given. */
  readonly id?: string | undefined
  readonly name?: string | undefined
  readonly device: string
  readonly count: number
  /** PEM of the anchors that they hold; left out: as before, empty: nobody knows. */
  readonly anchorsPem?: string | undefined
  readonly verify?: VerifyMode | undefined
}

/**
 * `PUT /settings/schedule` gives the `ScheduleInfo`: what endpoints without their own follow, from the next round on. What is
 * left out or `null` is as built in; what the file says is changed there.
 */
export interface ScheduleEdit {
  readonly everySeconds?: number | null | undefined
  readonly thoroughSeconds?: number | null | undefined
}

export interface ScheduleInfo {
  readonly everySeconds: number
  readonly thoroughSeconds: number
  readonly everyOrigin: 'file' | 'api' | 'built-in'
  readonly thoroughOrigin: 'file' | 'api' | 'built-in'
}

/**
 * `PUT /settings/defaults` gives the `DefaultsInfo`: what holds for endpoints that say nothing themselves, from their next round on.
 * What is left out or `null` is as built in; what the file says is changed there.
 */
export type DefaultsEdit = {
  readonly [part in keyof EndpointDefaults]?: EndpointDefaults[part] | null | undefined
}

export interface DefaultsInfo extends EndpointDefaults {
  readonly origins: { readonly [part in keyof EndpointDefaults]: 'file' | 'api' | 'built-in' }
}

/** `GET /settings` */
export interface Settings {
  readonly defaults: DefaultsInfo
  readonly schedule: ScheduleInfo
  readonly endpoints: readonly EndpointInfo[]
  readonly fleets: readonly FleetInfo[]
  readonly channels: readonly ChannelInfo[]
  readonly silences: readonly SilenceInfo[]
  /** Empty for whoever has no scope `admin`. */
  readonly tokens: readonly TokenInfo[]
  readonly workers: readonly WorkerInfo[]
  readonly store: { readonly kind: 'embedded' | 'postgres'; readonly place: string }
}

export interface FleetInfo extends FleetHead {
  readonly origin: 'file' | 'api'
  readonly verify: VerifyMode
  /** How many anchors they hold; undefined: not known. */
  readonly anchors?: number | undefined
}

/**
 * `POST /channels` (`ChannelEdit`), `PUT /channels/:id`, `DELETE /channels/:id` for admins, of what was made here;
 * `POST /channels/:id/test` sends a test message and gives `{ ok, error? }`. Never with a secret.
 */
export interface ChannelInfo {
  readonly id: string
  readonly kind: string
  readonly name: string
  readonly origin: 'file' | 'api'
  readonly from: Severity
  /** For people, without what is secret, such as `hooks.example.com`. */
  readonly where: string
  /** Ids; undefined: of all. */
  readonly endpoints?: readonly string[] | undefined
  readonly fleets?: readonly string[] | undefined
  /** Of one that was made here: what of it is no secret, and the names of the secrets that are sealed with it. */
  readonly made?:
    | {
        readonly server?: string | undefined
        readonly sender?: string | undefined
        readonly to?: readonly string[] | undefined
        readonly user?: string | undefined
        readonly chat?: string | undefined
        readonly url?: string | undefined
        readonly sealed: readonly string[]
      }
    | undefined
}

/**
 * All of a channel but its id stands for what was before. A secret (`url`, `key`, `token`, `password`; of `alertmanager`
 * the `url` is none) that is left out stays; `null` takes one out that need not be there.
 */
export type ChannelEdit = {
  /** Made of the name where it is left out; does not change. */
  readonly id?: string | undefined
  readonly name?: string | undefined
  readonly from: Severity
  readonly endpoints?: readonly string[] | undefined
  readonly fleets?: readonly string[] | undefined
} & (
  | { readonly kind: 'webhook'; readonly url?: string | undefined; readonly key?: string | null | undefined }
  | {
      readonly kind: 'email'
      /** `smtp://HOST:PORT` or `smtps://HOST:PORT`. */
      readonly server: string
      readonly sender: string
      readonly to: readonly string[]
      readonly user?: string | undefined
      readonly password?: string | null | undefined
    }
  | { readonly kind: 'slack' | 'teams' | 'discord'; readonly url?: string | undefined }
  | { readonly kind: 'alertmanager'; readonly url: string; readonly token?: string | null | undefined }
  | { readonly kind: 'ntfy'; readonly url?: string | undefined; readonly token?: string | null | undefined }
  | { readonly kind: 'telegram'; readonly token?: string | undefined; readonly chat: string }
  | { readonly kind: 'pagerduty'; readonly key?: string | undefined }
)

/**
 * `GET /silences`; `POST /silences` with what is here but the id, `startsAt` being now where it is left out;
 * `DELETE /silences/:id` ends it.
 */
export interface SilenceInfo {
  readonly id: number
  readonly kind: 'mute' | 'maintenance'
  readonly endpointId?: string | undefined
  readonly fleetId?: string | undefined
  readonly cause?: string | undefined
  readonly startsAt: string
  readonly endsAt: string
  readonly reason: string
}

/**
 * `GET /session/ways`, for anybody: how one can log in. `start`: where a browser goes for it, with `?to=#/…` of the page
 * that it wants to see. `failed`: why the last attempt of this browser failed; told once.
 */
export interface LogInWays {
  readonly token: boolean
  readonly oidc?: { readonly name: string; readonly start: string } | undefined
  readonly failed?:
    | { readonly code: string; readonly message: string; readonly hint?: string | undefined }
    | undefined
}

/** `POST /tokens { name, scope, days? }` gives the token once, in `token`. */
export interface TokenInfo {
  readonly id: string
  readonly name: string
  readonly scope: Scope
  readonly createdAt: string
  readonly expiresAt?: string | undefined
  readonly lastUsedAt?: string | undefined
}

/**
 * `GET /credentials`: names; `PUT /credentials/:name { secret }`; `DELETE /credentials/:name`. For admins; what was put
 * in is not to be had again. `watch.yaml` names them by `credential:`.
 */

/**
 * `GET /audit?q=…&before=…&limit=…`: who changed what, the latest first; for admins. `q`: part of the actor, action,
 * subject or address. `detail.address` is where it was asked from; without it: by the command line or a file.
 */
export interface AuditInfo {
  readonly id: number
  readonly at: string
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly detail: unknown
}

export interface WorkerInfo {
  readonly id: string
  readonly vantage: string
  readonly version: string
  readonly seenAt: string
  readonly probes: number
}

/**
 * `POST /playground` (JSON): judges or explains what was dropped, and stores nothing. The answer is the very JSON of
 * `tlsfit check` (`tlsfit/verdicts@1`) or `tlsfit explain`, and the HTML report of the same in `html`: the page's policy
 * lets its styles through in a sandboxed frame's `srcdoc`. One of `target`, `text` and `base64`; devices are ids of the
 * catalogue. An input has 32 MiB at most. Needs the scope `write`, since it reaches out.
 */
export interface PlaygroundRequest {
  /** A URL to look at; or `text`/`base64` of a log, PEM or capture. */
  readonly target?: string | undefined
  readonly text?: string | undefined
  readonly base64?: string | undefined
  readonly fileName?: string | undefined
  readonly devices: readonly string[]
}

export interface PlaygroundAnswer {
  readonly kind: 'verdicts' | 'log' | 'capture' | 'certificates'
  /** As `--format json` prints it. */
  readonly json: unknown
  /** As `--format text` prints it, without colour. */
  readonly text: string
  /** Self-contained page, to be shown in a sandboxed frame; where the kind has one. */
  readonly html?: string | undefined
}

/** `GET /devices`, `GET /devices/:id`: the catalogue; the second is the JSON of `tlsfit devices show`. */
export interface DeviceInfo {
  readonly id: string
  readonly name: string
  readonly versions: readonly string[]
  readonly about: string
}

/** `GET /forecast`: what changes to come do to the fleets. */
export interface ForecastInfo {
  readonly rows: readonly {
    readonly endpointId: string
    readonly endpointName: string
    readonly condition: Condition
    /** In words, as of an alert. */
    readonly title: string
    readonly text: string
  }[]
  /** What was logged for hosts of endpoints and is not judged, by endpoint; of so many endpoints at most. */
  readonly unjudged: readonly {
    readonly endpointId: string
    readonly endpointName: string
    readonly logged: readonly LoggedInfo[]
  }[]
  /** Endpoints with such that are not listed. */
  readonly unjudgedMore: number
}

/** `GET /events` (SSE): `id`, `event: probe|verdict|change|alert|settings`, `data`: */
export interface LiveEvent {
  readonly id: number
  readonly at: string
  readonly kind: 'probe' | 'verdict' | 'change' | 'alert' | 'settings'
  readonly endpointId?: string | undefined
  readonly detail: unknown
}

/** `GET /badge/:endpoint/:fleet.svg`, `GET /metrics?endpoint=…`, `GET /openapi.json`, `GET /health`, `GET /grafana.json` lie outside `/api/v1`. */
