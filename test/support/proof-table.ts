export type ProofRow = readonly [what: string, asked: string | number, found: string | number]

/** What a long proof came to, as a table of Markdown: for its reader, and for docs/reliability.md. */
export function printProof(title: string, rows: readonly ProofRow[]): void {
  const shown = [['what', 'asked for', 'found'], ...rows.map((row) => row.map(textOf))]
  const widths = [0, 1, 2].map((at) => Math.max(...shown.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  const [head = [], ...rest] = shown
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  console.log([`\n${title}\n`, line(head), rule, ...rest.map(line), ''].join('\n'))
}

function textOf(cell: string | number): string {
  return typeof cell === 'number' ? cell.toLocaleString('en') : cell
}
