import type { Stage } from '../finding/stage.ts'

/** One connection as all of `who` see it. Plain JSON, texts escaped. */
export interface WireStory {
  /** Address, port and server name. */
  readonly where: string
  readonly who: readonly string[]
  readonly rows: readonly WireRow[]
}

/** What is drawn of a connection, from above: plain JSON, texts escaped. */
export type WireRow = WireArrow | WireStop

export interface WireArrow {
  readonly kind: 'arrow'
  /** By the device. */
  readonly sent: boolean
  readonly text: string
  /** Of a message of the handshake, with its header. */
  readonly messageBytes?: number | undefined
  /** Over how many records it is spread. */
  readonly records?: number | undefined
  readonly atMs?: number | undefined
  /** The device does not live to see it. */
  readonly after: boolean
}

/** All that stop there in the same way. */
export interface WireStop {
  readonly kind: 'stop'
  /** Otherwise it is open whether they get past it. */
  readonly certain: boolean
  /** Not on this connection, but on one that is not drawn. */
  readonly later: boolean
  readonly stage?: Stage | undefined
  readonly who: readonly string[]
  /** What the device shows then, and the line of its log. */
  readonly shows?: { readonly code: string; readonly log?: string | undefined } | undefined
}
