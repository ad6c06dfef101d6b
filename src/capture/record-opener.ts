import type { ServerHello } from '../tls/server-hello.ts'
import type { Direction } from './session.ts'

export interface OpenedRecord {
  readonly contentType: number
  readonly content: Uint8Array
}

/** Opens the encrypted records of one session by its secrets. */
export interface RecordOpener {
  /**
   * Content of one encrypted record, in order for each direction; `contentType` and `version` are those of its header.
   * undefined where no key fits. The fragment is only valid during the call. `sequence` is epoch and sequence_number
   * of DTLS, whose records need not come in order.
   */
  open(
    direction: Direction,
    contentType: number,
    version: number,
    fragment: Uint8Array,
    sequence?: number,
  ): OpenedRecord | undefined
}

/** What is known of a session when its ServerHello has been read, or later its ClientKeyExchange. */
export interface OpenerFacts {
  readonly transport: 'tcp' | 'udp'
  readonly clientRandom: Uint8Array
  readonly serverHello: ServerHello
  /** Of an RSA key exchange. */
  readonly encryptedPremaster?: Uint8Array
}

/** undefined where there is no secret for that session. */
export type MakeRecordOpener = (facts: OpenerFacts) => RecordOpener | undefined
