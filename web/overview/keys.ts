/** A cell of the grid; column 0 is the name. */
export interface Place {
  readonly row: number
  readonly column: number
}

export interface Extent {
  readonly rows: number
  readonly columns: number
  /** Of one page down. */
  readonly pageRows: number
}

/** Where a key leads from a cell, as the ARIA practices have it for grids; undefined for a key that is none of it. */
export function stepTo(from: Place, key: string, ctrl: boolean, extent: Extent): Place | undefined {
  const last = { row: Math.max(0, extent.rows - 1), column: Math.max(0, extent.columns - 1) }
  const moved = step(from, key, ctrl, last, extent.pageRows)
  if (moved === undefined) return undefined
  return {
    row: Math.min(Math.max(moved.row, 0), last.row),
    column: Math.min(Math.max(moved.column, 0), last.column),
  }
}

function step(
  { row, column }: Place,
  key: string,
  ctrl: boolean,
  last: Place,
  pageRows: number,
): Place | undefined {
  switch (key) {
    case 'ArrowDown':
      return { row: row + 1, column }
    case 'ArrowUp':
      return { row: row - 1, column }
    case 'ArrowRight':
      return { row, column: column + 1 }
    case 'ArrowLeft':
      return { row, column: column - 1 }
    case 'PageDown':
      return { row: row + pageRows, column }
    case 'PageUp':
      return { row: row - pageRows, column }
    case 'Home':
      return { row: ctrl ? 0 : row, column: 0 }
    case 'End':
      return { row: ctrl ? last.row : row, column: last.column }
    default:
      return undefined
  }
}
