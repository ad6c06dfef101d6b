import type { SnapshotChange } from '../../src/fleet/snapshot-change.ts'

/** How many bytes more; undefined where a change is not of a size. */
export function changedBytes(change: SnapshotChange): number | undefined {
  switch (change.kind) {
    case 'root':
    case 'issuer':
    case 'chain':
    case 'renewed':
    case 'leaf':
      return change.to.bytes - change.from.bytes
    case 'record':
      return change.bytesTo - change.bytesFrom
    case 'by-turns':
    case 'version':
    case 'suite':
    case 'addresses':
      return undefined
  }
}
