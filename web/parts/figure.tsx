import { formatColumn } from '../words/figures.ts'

/** A number in a column: fixed pitch, thin spaces. */
export function Figure({ value, unit }: { readonly value: number; readonly unit?: string | undefined }) {
  return (
    <span class="figure">
      {formatColumn(value)}
      {unit === undefined ? null : <span class="unit">{unit}</span>}
    </span>
  )
}
