import type { Catalogue } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import type { VerifyMode } from '../judge/judge-input.ts'
import type { Forecast } from '../judge/replaying.ts'
import type { TargetPlace } from '../judge/verdict.ts'
import type { Observation } from '../observe/observation.ts'
import type { SecretQuery } from '../observe/secret-query.ts'
import type { HeldAnchor, KnownRoot } from '../trust/trust-store.ts'
import type { DecodedOnce } from '../x509/decoded-once.ts'
import type { Network } from './network.ts'

/** One target for several devices: the library's form of `tlsfit check`. */
export interface CheckRequest {
  /** `https://…`, `mqtts://…`, `tls://host:port`, or the path of a PEM file. */
  readonly target: string
  /** The query of the target, which is not in `target`: a secret whole, whatever it looks like. */
  readonly secretQuery?: SecretQuery | undefined
  /** Where the target is written down, for reports. */
  readonly place?: TargetPlace | undefined
  /** Ids as typed, or paths of profile files; or devices that are made already. */
  readonly devices: readonly (string | Device)[]
  /** `--anchor`; undefined when none was given. */
  readonly anchors: readonly HeldAnchor[] | undefined
  readonly verify: VerifyMode
  /** Overrides the server_name; `none` sends none. */
  readonly sni: string | 'none' | undefined
  /** Where to open the TCP connection instead of the target's host and port. */
  readonly connect: { readonly host: string; readonly port: number } | undefined
  readonly clientCredential: { readonly certificatePem: string; readonly keyPem: string } | undefined
  /** Extra request headers, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly method: string
  readonly now: Date
  readonly sendSecrets: boolean
  /** NSS key log: the secrets of every connection are added to it; those of a capture are read from it. */
  readonly keyLogFile?: string | undefined
  /** Asks again with other server names, and shows what comes. */
  readonly compareSni?: boolean | undefined
  /** False: leaves out what is asked of max_fragment_length beside what the device sends. */
  readonly compareLengths?: boolean | undefined
  /** Body bytes to read at most; undefined: the whole download. */
  readonly byteLimit: number | undefined
  /** Per step: look-up, connect, handshake flight, silence within a response. */
  readonly timeoutMs: number
  /** Looks ahead, too: every verdict gets its outlook. */
  readonly forecast?: Forecast | undefined
  readonly catalogue: Catalogue
  readonly knownRoots: readonly KnownRoot[]
  /** Called as the check goes on. */
  readonly onProgress: ((progress: Progress) => void) | undefined
  /** The target's way to a network that it shares with others; its own where undefined. */
  readonly network?: Network | undefined
  /** Certificates of the run that were read already. */
  readonly decoded?: DecodedOnce | undefined
  /** What an earlier run saw of this target, by plan (`Seen.plan`): it is not dialled again. */
  readonly remembered?: ReadonlyMap<string, readonly Observation[]> | undefined
}

/** What may differ from target to target; the rest of a request is of the whole run. */
export type CheckJob = Omit<
  CheckRequest,
  | 'now'
  | 'keyLogFile'
  | 'catalogue'
  | 'knownRoots'
  | 'onProgress'
  | 'network'
  | 'decoded'
  | 'remembered'
  | 'forecast'
>

/** What `check` is doing, for who shows it. `bytes` are those of the download so far. */
export interface Progress {
  readonly target: string
  readonly act: 'look-up' | 'connect' | 'handshake' | 'download' | 'judge'
  readonly address: string | undefined
  readonly bytes: number
  readonly totalBytes: number | undefined
}
