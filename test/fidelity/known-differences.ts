import type { Game } from './referee.ts'

/** A row of the table of docs/fidelity.md. */
export interface KnownDifference {
  readonly client: string
  /** Parts of the story, all of which must be met. */
  readonly situation: readonly string[]
  readonly cause: string
}

const heading = /^\| client +\| situation +\| cause +\|$/

/** The rows below the heading `client | situation | cause`. Throws when there is no such table, or a row lacks a cell. */
export function parseKnownDifferences(markdown: string): KnownDifference[] {
  const lines = markdown.split('\n')
  const start = lines.findIndex((line) => heading.test(line))
  if (start < 0) throw new Error('there is no table with the heading | client | situation | cause |')
  const rest = lines.slice(start + 2)
  const end = rest.findIndex((line) => !line.startsWith('|'))
  return rest.slice(0, end < 0 ? rest.length : end).map((line) => {
    const [, client = '', situation = '', cause = ''] = line.split('|').map((cell) => cell.trim())
    if (client === '' || situation === '' || cause === '') throw new Error(`a cell is empty: ${line}`)
    return { client, situation: situation.split(';').map((part) => part.trim()), cause }
  })
}

/** Whether the row speaks of this game: the client's name, and each part of the situation whole. */
export function speaksOf({ client, situation }: KnownDifference, { player, story }: Game): boolean {
  const parts = story.split('; ')
  return player.name === client && situation.every((part) => parts.includes(part))
}
