import type { ChangeInfo } from '../../src/api/contract.ts'
import { Empty } from '../parts/notice.tsx'
import { Minute } from '../parts/time.tsx'
import { formatNumber } from '../words/figures.ts'
import { changedBytes } from './changed-bytes.ts'

export function ChangesList({ changes }: { readonly changes: readonly ChangeInfo[] }) {
  if (changes.length === 0)
    return (
      <Empty title="Nothing has changed since it is watched">
        A new chain, issuer, size, version, suite or address is told here.
      </Empty>
    )
  return (
    <ol class="changes">
      {changes.map((change) => (
        <li key={change.id}>
          <Minute at={change.at} />
          <span class="name">
            <strong>{change.title}</strong> <span class="dim">{change.text}</span>
          </span>
          <Grown bytes={changedBytes(change.change)} />
        </li>
      ))}
    </ol>
  )
}

function Grown({ bytes }: { readonly bytes: number | undefined }) {
  if (bytes === undefined || bytes === 0) return <span />
  return (
    <span class="figure">
      {bytes > 0 ? '+' : ''}
      {formatNumber(bytes)}
      <span class="unit">B</span>
    </span>
  )
}
