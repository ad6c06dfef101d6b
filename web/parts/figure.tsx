import { formatNumber } from '../words/figures.ts'

/** A number in a column: fixed pitch. */
export function Figure({ value, unit }: { readonly value: number; readonly unit?: string | undefined }) {
  return (
    <span class="figure">
      {formatNumber(value)}
      {unit === undefined ? null : <span class="unit">{unit}</span>}
    </span>
  )
}
