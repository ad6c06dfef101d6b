import type { ChainFacts } from './snapshot.ts'

/** What changed at an endpoint since it was last seen. Plain JSON. */
export type SnapshotChange = {
  /** The same for the same change, from whatever address, hello or vantage point it is seen. */
  readonly key: string
} & SnapshotChangeOf

export type SnapshotChangeOf =
  | ChainChange
  /** What was there before is back: the endpoint gives several by turns, and goes on doing so in silence. */
  | { readonly kind: 'by-turns'; readonly of: 'chains'; readonly chains: readonly ChainBrief[] }
  | { readonly kind: 'by-turns'; readonly of: 'addresses'; readonly addresses: readonly string[] }
  | {
      readonly kind: 'record'
      readonly of: 'handshake' | 'data'
      readonly bytesFrom: number
      readonly bytesTo: number
    }
  | {
      readonly kind: 'version' | 'suite'
      readonly from: readonly string[]
      readonly to: readonly string[]
    }
  | {
      readonly kind: 'addresses'
      readonly added: readonly string[]
      readonly removed: readonly string[]
    }

/**
 * Another chain. `root`: it leads to another root; `issuer`: another CA issued the leaf; `chain`: other certificates
 * above the leaf; `renewed`: a newer leaf under the same; `leaf`: another leaf, which is no newer.
 */
export interface ChainChange {
  readonly kind: 'root' | 'issuer' | 'chain' | 'renewed' | 'leaf'
  readonly from: ChainBrief
  readonly to: ChainBrief
  /** All that differs, where `kind` names the weightiest. */
  readonly differs: readonly ('root' | 'issuer' | 'chain' | 'leaf' | 'key' | 'size')[]
  /** Largest record of the handshake, where it changed with the chain. */
  readonly recordFrom?: number | undefined
  readonly recordTo?: number | undefined
}

export interface ChainBrief
  extends Pick<ChainFacts, 'digest' | 'bytes' | 'messageBytes' | 'count' | 'issuer' | 'root'> {
  /** Of the leaf; undefined where it cannot be read. */
  readonly subject?: string | undefined
  readonly key?: string | undefined
  readonly notBefore?: string | undefined
  readonly notAfter?: string | undefined
}
