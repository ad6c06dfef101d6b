import type { Stage } from '../finding/stage.ts'
import type { SnapshotChange } from './snapshot-change.ts'

/** What belongs together in a trouble: a chain that is too large for one fleet may have no root for another. */
export type TroubleGroup = 'reach' | 'handshake' | 'chain' | 'expiry' | 'records' | 'http' | 'mqtt' | 'open'

const groups: { readonly [S in Stage]: TroubleGroup } = {
  dns: 'reach',
  tcp: 'reach',
  hello: 'handshake',
  chain: 'chain',
  path: 'chain',
  name: 'chain',
  dates: 'expiry',
  handshake: 'handshake',
  records: 'records',
  http: 'http',
  mqtt: 'mqtt',
}

export function groupOfStage(stage: Stage): TroubleGroup {
  return groups[stage]
}

export function groupOfLimit(limit: string): TroubleGroup {
  if (limit === 'recordBytes') return 'records'
  return /^(responseHead|path|host|request)Bytes$/.test(limit) ? 'http' : 'chain'
}

/** Whether a change may be what a trouble that came with it comes from. */
export function explains({ kind }: SnapshotChange, group: TroubleGroup): boolean {
  switch (kind) {
    case 'root':
    case 'issuer':
    case 'chain':
    case 'renewed':
    case 'leaf':
      return group === 'chain' || group === 'handshake' || group === 'expiry' || group === 'open'
    case 'record':
      return group === 'records' || group === 'chain'
    case 'version':
    case 'suite':
      return group === 'handshake' || group === 'chain'
    case 'addresses':
    case 'by-turns':
      return false
  }
}
