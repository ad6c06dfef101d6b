import type { Confidence, Device, ErrorWords } from '../../device/device.ts'
import { countingNames, rangeText } from '../device-words.ts'
import { escapeMarkdown, markdownCode } from '../escape-markdown.ts'
import { failuresText } from '../failure-names.ts'
import { formatCount } from '../units.ts'
import {
  type AccountSection,
  type AccountValue,
  accountOf,
  type DeviceAccount,
  sourcesOf,
} from './device-account.ts'
import { certificateSizes, type FieldStory, noFieldRows, storyLimitText } from './field-stories.ts'
import { type Zone, zonesOf } from './margins.ts'
import type { Measure } from './measures.ts'

const whole = { maxChars: 20_000 }
/** Profiles may be anybody's, so all text of theirs is escaped; nothing of it is cut. */
const md = (text: string) => escapeMarkdown(text, whole)
const code = (text: string) => markdownCode(text, whole)
const barWidth = 60

/** One device as GitHub-flavoured markdown, for a ticket or a repository; sources are numbered, and listed at the end. */
export function formatDeviceMarkdown(device: Device): string {
  const account = accountOf(device)
  const sources = sourcesOf(account)
  const cite: Cite = ({ confidence, source }) => `${confidence}, source ${sources.indexOf(source) + 1}`
  const limits = account.sections.filter(({ group }) => group === 'limits')
  const others = account.sections.filter(({ group }) => group !== 'limits')
  const blocks = [
    ...head(account),
    ...limits.flatMap((section) => sectionBlocks(section, account, cite)),
    '## Seen in the field',
    ...fieldBlocks(account.field, cite),
    ...others.flatMap((section) => sectionBlocks(section, account, cite)),
    ...(account.quirks.length === 0
      ? []
      : ['## Quirks', account.quirks.map((quirk) => `- ${md(quirk.value)} (${cite(quirk)})`).join('\n')]),
    ...(account.errors.length === 0
      ? []
      : ['## What it shows when it fails', errorTable(account.errors, cite)]),
    `## Not known: ${formatCount(account.total - account.known, 'value')}`,
    'What is not known counts neither as a limit nor as none. What settles it:',
    ...account.measures.flatMap(measureBlocks),
    '## Sources',
    sources.map((source, index) => `${index + 1}. ${linked(source)}`).join('\n'),
  ]
  return `${blocks.join('\n\n')}\n`
}

type Cite = (from: { readonly confidence: Confidence; readonly source: string }) => string

function head({ name, id, layers, known, total, field }: DeviceAccount): string[] {
  const refused = field.filter(({ outcome }) => outcome === 'refused').length
  return [
    `# ${md(name)}`,
    [
      `- id ${code(id)}`,
      ...layers.map(({ family, version, name: layer, range, defaulted }) => {
        const within = range === version ? '' : `, in ${rangeText(range)}`
        return `- layer ${code(`${family}@${version}`)} ${md(layer + within)}${defaulted ? ' (taken by default)' : ''}`
      }),
      `- ${known} of ${total} values known`,
      `- in the field: ${field.length - refused} accepted, ${refused} refused`,
    ].join('\n'),
  ]
}

function sectionBlocks(
  { group, title, values }: AccountSection,
  { hello }: DeviceAccount,
  cite: Cite,
): string[] {
  const heading = `## ${md(title[0]?.toUpperCase() + title.slice(1))}`
  const about = group === 'hello' ? [md(hello.sentence)] : []
  if (group === 'hello' && hello.ja4 !== undefined) {
    about.push(
      `JA4 of the hello that tlsfit sends in its place, with a host name and without ALPN: ${code(hello.ja4)}`,
    )
  }
  const rows = values.map(({ name, value, coded, more, note, ...from }) => {
    const shown = coded !== undefined && coded.length > 4 ? `${coded.length}, listed below` : value
    const cell = [shown, ...more, ...(note === undefined ? [] : [note])].map(md).join('<br>')
    return [md(name), cell, cite(from)]
  })
  const lists = values.filter(({ coded }) => coded !== undefined && coded.length > 4).map(codedList)
  const table = rows.length === 0 ? [] : [tableOf(['value', 'what is known', 'from'], rows)]
  const bars = formatMargins(values)
  return [heading, ...about, ...table, ...(bars === undefined ? [] : [bars]), ...lists]
}

/**
 * What is known of limits as bars in a code block; undefined where the field says nothing of them. Of our own words and
 * glyphs alone, so nothing in it needs escaping.
 */
export function formatMargins(values: readonly AccountValue[]): string | undefined {
  const lines = values.flatMap(({ name, margins }) =>
    margins === undefined
      ? []
      : [
          name,
          ...margins.ways.flatMap((margin) => [
            `  ${countingNames[margin.way]}`,
            `  ${zonesOf(margin, margins.scale, barWidth)
              .map((zone) => (zone === 'documented' && !margin.certain ? '┊' : glyphs[zone]))
              .join('')}`,
          ]),
        ],
  )
  if (lines.length === 0) return undefined
  const legend = '█ passes  ░ not known  × fails  │ documented  ┊ documented, may count so'
  return `\`\`\`text\n${[legend, ...lines].join('\n')}\n\`\`\``
}

const glyphs: { readonly [Z in Zone]: string } = { passes: '█', open: '░', fails: '×', documented: '│' }

function codedList({ name, coded }: AccountValue): string {
  const items = (coded ?? []).map((each, index) =>
    `${index + 1}. ${code(each.name)} ${md(each.code ?? '')}`.trimEnd(),
  )
  return `<details><summary>${md(name)}: ${items.length}</summary>\n\n${items.join('\n')}\n\n</details>`
}

function fieldBlocks(field: readonly FieldStory[], cite: Cite): string[] {
  if (field.length === 0) return [md(noFieldRows)]
  const rows = field.map((story) => [
    `**${story.outcome}**`,
    md(story.endpoint),
    [certificateSizes(story), story.limits.map(storyLimitText).join('; ')]
      .flatMap((line) => (line === undefined ? [] : [md(line)]))
      .join('<br>'),
    md(`${story.seen}; ${story.heldFor}`),
    cite(story),
  ])
  return [tableOf(['outcome', 'endpoint', 'sizes', 'seen; held for', 'from'], rows)]
}

function errorTable(errors: readonly ErrorWords[], cite: Cite): string {
  return tableOf(
    ['code', 'when', 'what it prints', 'from'],
    errors.map(({ code: shown, when, statuses, log, detail, ...from }) => {
      const lines = (log?.split('\n') ?? []).map(code)
      return [
        code(shown),
        md(failuresText({ when, statuses })),
        [...lines, ...(detail === undefined ? [] : [md(detail)])].join('<br>'),
        cite(from),
      ]
    }),
  )
}

function measureBlocks({ title, commands, note, settles }: Measure): string[] {
  return [
    `### ${md(title[0]?.toUpperCase() + title.slice(1))}`,
    commands.map((command) => code(command)).join('\\\n'),
    ...(note === undefined ? [] : [md(note)]),
    tableOf(
      ['value', 'question'],
      settles.map(({ name, question }) => [md(name), md(question)]),
    ),
  ]
}

function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Addresses become links; not those of GitHub, which would be told there that somebody links to them. */
function linked(source: string): string {
  return source
    .split(/(https:\/\/(?!(?:www\.)?github\.com)[\w./?#=&%~+-]*[\w/])/)
    .map((piece, at) => (at % 2 === 0 ? (piece === '' ? '' : md(piece)) : `<${piece}>`))
    .join('')
}
