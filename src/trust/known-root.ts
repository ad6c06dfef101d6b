import type { Certificate } from '../x509/certificate.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import type { CrossSign, KnownRoot } from './trust-store.ts'

/** An entry of `roots/index.yaml` without its file: plain JSON, days as `2029-04-15`. */
export interface KnownRootRow {
  readonly id: string
  readonly owner: string
  readonly source: string
  readonly distrustedFrom?:
    | { readonly day: string; readonly kind: 'announced' | 'computed'; readonly source: string }
    | undefined
  readonly crossSignedBy?:
    | readonly (Omit<CrossSign, 'id' | 'until'> & {
        readonly id?: string | undefined
        readonly until: string
      })[]
    | undefined
}

/** Its certificate is decoded when it is first looked at. */
export function knownRootOf(row: KnownRootRow, der: Uint8Array): KnownRoot {
  let certificate: Certificate | undefined
  return {
    id: row.id,
    get certificate() {
      certificate ??= decodeCertificate(der)
      return certificate
    },
    owner: row.owner,
    distrustedFrom: row.distrustedFrom === undefined ? undefined : new Date(row.distrustedFrom.day),
    source: row.source,
    distrust: row.distrustedFrom,
    crossSignedBy: row.crossSignedBy?.map((cross) => ({
      ...cross,
      id: cross.id,
      until: new Date(cross.until),
    })),
  }
}
