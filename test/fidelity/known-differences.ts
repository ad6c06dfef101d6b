import type { Game } from './referee.ts'

/** A row of a table of docs/fidelity.md. */
export interface KnownRow {
  /** Name of a player; undefined: any. */
  readonly client: string | undefined
  /** Parts of the story, all of which must be met. */
  readonly situation: readonly string[]
  readonly cause: string
}

export interface KnownRows {
  /** Where prediction and client differ. */
  readonly differences: readonly KnownRow[]
  /** Where check says that it cannot know. */
  readonly open: readonly KnownRow[]
}

export function parseKnownRows(markdown: string): KnownRows {
  const differences = rowsBelow(markdown, /^\| client +\| situation +\| cause +\|$/)
  const open = rowsBelow(markdown, /^\| left open +\| why +\|$/)
  return {
    differences: differences.map(([client, situation, cause]) => row(client, situation!, cause!)),
    open: open.map(([situation, cause]) => row(undefined, situation!, cause!)),
  }
}

function row(client: string | undefined, situation: string, cause: string): KnownRow {
  return { client, situation: situation.split(';').map((part) => part.trim()), cause }
}

/** Cells of the table with that heading. Throws when there is none, or a cell is empty. */
function rowsBelow(markdown: string, heading: RegExp): string[][] {
  const lines = markdown.split('\n')
  const start = lines.findIndex((line) => heading.test(line))
  if (start < 0) throw new Error(`there is no table with the heading ${heading.source}`)
  const rest = lines.slice(start + 2)
  const end = rest.findIndex((line) => !line.startsWith('|'))
  return rest.slice(0, end < 0 ? rest.length : end).map((line) => {
    const cells = line.split('|').slice(1, -1)
    if (cells.length !== heading.source.split('\\|').length - 2 || cells.some((cell) => cell.trim() === ''))
      throw new Error(`not the cells of its table: ${line}`)
    return cells.map((cell) => cell.trim())
  })
}

/** Whether the row speaks of this game: the client's name, and each part of the situation whole. */
export function speaksOf({ client, situation }: KnownRow, { player, story }: Game): boolean {
  const parts = story.split('; ')
  return (client === undefined || player.name === client) && situation.every((part) => parts.includes(part))
}
