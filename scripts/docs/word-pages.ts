import type { FindingId } from '../../src/finding/details.ts'
import { failuresText } from '../../src/report/failure-names.ts'
import type { CodeWord, WordTable } from './code-words.ts'
import type { FamilyWords } from './device-words.ts'
import { findingLink, findingRow, findingsOfCause, findingsOfFailures } from './finding-links.ts'
import { cell, code, linkedSource, plain, tableOf, widePage } from './open-text.ts'
import type { SitePage } from './site-page.ts'

/** Causes that a table links to, likeliest first. */
const mostCauses = 4
/** A finding's own page lists a number only where the number speaks for its cause with at least this many percent. */
const leastPercent = 20

/** `words.md`: from what a device shows to the findings that it can mean; and a page for every table of numbers. */
export function wordPages(
  devices: readonly FamilyWords[],
  tables: readonly WordTable[],
): readonly SitePage[] {
  return [indexPage(devices, tables), ...tables.map(tablePage)]
}

function indexPage(devices: readonly FamilyWords[], tables: readonly WordTable[]): SitePage {
  const shown = [...devices].sort((a, b) => compare(a.words.code, b.words.code))
  const rows = shown.map(({ family, words, ranges }) => [
    code(words.code),
    `[${plain(family)}](/devices/${family}.md)${ranges.length === 0 ? '' : ` ${plain(ranges.join(', '))}`}`,
    plain(failuresText(words)),
    findingsOfFailures(words.when).map(findingLink).join(', '),
  ])
  const blocks = [
    '# By the device’s words: from `errno 111`, `-0x2700` or alert 40 to the finding',
    'You have a word or a number of a log, and want to know what it stands for. Most numbers stand for several failures; ' +
      'which one it is, the rest of the log or the endpoint tells: give both to tlsfit.',
    '    tlsfit explain device.log\n    tlsfit explain device.log --with https://host/fw.bin',
    '## Numbers, by the library that gives them',
    'Each table has every number that tlsfit reads, with the findings that it can mean, likeliest first.',
    tableOf(
      ['numbers of', 'entries', 'such as'],
      tables.map(({ id, name, words }) => [
        `[${plain(name)}](/words/${id}.md)`,
        String(words.length),
        words
          .filter(({ causes }) => causes.length > 0)
          .slice(0, 3)
          .map(({ code: shown }) => code(shown))
          .join(' '),
      ]),
    ),
    '## What each device shows',
    'From the profiles, whose pages give the lines that are printed, and the source of each.',
    tableOf(['it shows', 'device', 'when', 'findings'], rows),
  ]
  return { path: 'words.md', source: undefined, text: `${widePage}${blocks.join('\n\n')}\n` }
}

function tablePage({ id, name, source, words }: WordTable): SitePage {
  const rows = words.map((word) => [
    code(word.code),
    cell([word.name === undefined ? '' : code(word.name), word.when === undefined ? '' : plain(word.when)]),
    plain(word.says),
    causeLinks(word).join(', '),
  ])
  const blocks = [
    `# ${plain(name)}: what its numbers mean`,
    `From ${linkedSource(source)}. Likeliest finding first; where none is named, the number alone points to none.`,
    tableOf(['number', 'name', 'it says', 'it can mean'], rows),
    '[All words of devices](/words.md). How a number is taught: [dialects](/dialects.md).',
  ]
  return { path: `words/${id}.md`, source: undefined, text: `${widePage}${blocks.join('\n\n')}\n` }
}

function causeLinks({ causes }: CodeWord): string[] {
  const links = causes.flatMap(({ cause }) => findingsOfCause(cause)).map(findingLink)
  return [...new Set(links)].slice(0, mostCauses)
}

/** What devices and libraries show for one finding: the part of its page that comes from data. Empty where none is known. */
export function findingWords(
  id: FindingId,
  devices: readonly FamilyWords[],
  tables: readonly WordTable[],
): string {
  const { cause } = findingRow(id)
  const shown = devices.filter(({ words }) => findingsOfFailures(words.when).includes(id))
  const numbers = tables.flatMap(({ id: table, name, words }) =>
    words
      .filter(({ causes }) =>
        causes.some(
          (one) =>
            one.cause === cause && one.percent >= leastPercent && findingsOfCause(one.cause).includes(id),
        ),
      )
      .map((word) => ({ table, name, word })),
  )
  const blocks = [
    ...(shown.length === 0 ? [] : ['### Devices', deviceTable(shown)]),
    ...(numbers.length === 0
      ? []
      : [
          '### Numbers that speak for it',
          'Among other things: most numbers stand for more than one.',
          numberTable(numbers),
        ]),
  ]
  if (blocks.length === 0) return ''
  return ['## What is shown for it', ...blocks].join('\n\n')
}

function deviceTable(shown: readonly FamilyWords[]): string {
  const rows = shown.map(({ family, name, words, ranges }) => [
    `[${plain(name)}](/devices/${family}.md)${ranges.length === 0 ? '' : ` ${plain(ranges.join(', '))}`}`,
    cell([code(words.code), ...(words.log?.split('\n') ?? []).map(code), plain(words.detail ?? '')]),
  ])
  return tableOf(['device', 'it shows, and prints'], rows)
}

function numberTable(
  numbers: readonly { readonly table: string; readonly name: string; readonly word: CodeWord }[],
): string {
  const rows = numbers.map(({ table, name, word }) => [
    `[${plain(name)}](/words/${table}.md)`,
    code(word.code),
    cell([word.name === undefined ? '' : code(word.name), plain(word.says)]),
  ])
  return tableOf(['of', 'number', 'it says'], rows)
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
