import type { HelloOrigin } from '../../tls/client-offer.ts'
import type { Setting } from './config-file.ts'

/** One value of a profile as a configuration gives it. */
export interface DerivedValue {
  readonly group: 'hello' | 'limits' | 'verification' | 'build' | 'http'
  readonly key: string
  /** `null`: what the base says no longer holds, and what does is not known. */
  readonly value: number | string | readonly string[] | null
  /** For a limit: how it counts. */
  readonly counts?: 'message' | 'record' | 'items' | 'bits' | 'certificate' | 'heap' | 'text'
  /** The lines it rests on. */
  readonly lines: readonly Setting[]
  /** Also what the library does with them: key of `DerivedProfile.sources`. */
  readonly sources?: readonly string[]
  readonly note?: string
}

/** What a configuration gives, before it is written as a profile. */
export interface DerivedProfile {
  /** The layer it lies on: `mbedtls@2.28`. */
  readonly base: string
  readonly name: string
  /** Sources beside lines of the file: key -> where. */
  readonly sources: ReadonlyMap<string, string>
  readonly values: readonly DerivedValue[]
  /** How well the hello is known with these values over the base. */
  readonly helloOrigin: HelloOrigin
  /** What the reader of the profile should know, for a comment: what matters and was not taken up. */
  readonly notes: readonly string[]
}

/** What the caller knows beside the file. */
export interface DeriveOptions {
  /** The fragment length that the application asks for (`mbedtls_ssl_conf_max_frag_len`). */
  readonly maxFragmentLength: 512 | 1024 | 2048 | 4096 | undefined
}
