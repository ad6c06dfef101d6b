import type { Place } from '../../finding/place.ts'
import { leadFinding } from '../../judge/lead-finding.ts'
import type { Verdict } from '../../judge/verdict.ts'
import { type Block, chainKey, groupBy, type Section } from '../collapse.ts'
import { deviceWord } from '../device-word.ts'
import { escapeHtml } from '../escape-html.ts'
import { verdictLine } from '../headline.ts'
import { legsOf, lowestLayer } from '../reading.ts'
import { targetName } from '../target-name.ts'
import { formatCount } from '../units.ts'
import { alikeViews } from '../wire-rows.ts'
import { drawChain } from './chain-picture.ts'
import { type Markup, markup } from './markup.ts'
import { drawRecords } from './record-picture.ts'
import { stateLooks } from './states.ts'
import { verdictHead, verdictRest } from './verdict-article.ts'
import { drawWire } from './wire-picture.ts'

/** Connections and downloads drawn of one target; more come only of many devices that are answered differently. */
const maxWires = 12

export interface SectionOptions {
  /** The pictures are seen at once. */
  readonly open: boolean
  /** Places where the reader can act. */
  readonly can: readonly Place[] | undefined
}

/** One target: what each device makes of it, the pictures, and then what can be done and all the rest. */
export function targetSection(section: Section, id: string, { open, can }: SectionOptions): Markup {
  const stories = groupBy(
    section.blocks.map((block) => storyOf(block, can)),
    ({ key }) => key,
  )
  const [first] = section.blocks
  const host = first?.verdict.observation.target.host
  const from = first?.verdict.observation.source === 'capture' && host !== undefined ? ` (${host})` : ''
  const name = first === undefined ? section.target : targetName(first.verdict)
  const figures = pictures(section, id)
  return markup`<section class="target" id="${id}">
<h2>${name}${from}</h2>
${
  name === section.target
    ? undefined
    : markup`<p>${section.target}</p>
`
}${stories.map((story) => article(story))}${
  figures.length === 0
    ? undefined
    : markup`<details class="pictures"${open ? markup` open` : undefined}><summary>Chain, messages and records in pictures</summary>
${figures}</details>
`
}${stories.map((story) => restOf(story, stories.length > 1))}</section>
`
}

interface Story {
  readonly block: Block
  readonly head: Markup
  readonly rest: Markup
  readonly key: string
}

/** Devices of which the same is said, but for their names, are told together. */
function storyOf(block: Block, can: readonly Place[] | undefined): Story {
  const { verdict, addresses } = block
  const head = verdictHead(verdict)
  const rest = verdictRest(verdict, can)
  const { device } = verdict
  const names = [
    device.id,
    deviceWord(device),
    device.name,
    lowestLayer(verdict),
    device.layers[0]?.name ?? '',
  ]
  const said = names
    .filter((name) => name !== '')
    .sort((a, b) => b.length - a.length)
    .reduce((text, name) => text.replaceAll(escapeHtml(name), '\u0000'), head.text + rest.text)
  return { block, head, rest, key: [verdict.state, verdict.leans, addresses.join(), said].join('\u0001') }
}

function article(story: readonly Story[]): Markup {
  const { block, head } = story[0]!
  const { verdict } = block
  const look = stateLooks[verdict.state]
  const same = story.slice(1).map((other) => other.block.verdict.device.id)
  return markup`<article class="verdict ${look.className}">
<h3><span class="tag ${look.className}">${look.glyph} ${look.word.toUpperCase()}</span> ${verdictLine(block, leadFinding(verdict), {})}</h3>
${
  same.length === 0
    ? undefined
    : markup`<p>The same for ${formatCount(same.length, 'more device')}: ${same.map((name, at) => markup`${at === 0 ? undefined : ', '}<code>${name}</code>`)}</p>
`
}${head}</article>
`
}

/** Of several stories each says whose it is. */
function restOf(story: readonly Story[], named: boolean): Markup {
  const { block, rest } = story[0]!
  const more = story.length > 1 ? ` and ${formatCount(story.length - 1, 'more device')}` : ''
  return markup`<div class="rest">
${
  named
    ? markup`<h3>${block.verdict.device.id}${more}</h3>
`
    : undefined
}${rest}</div>
`
}

/** In the order of text: of each chain the ladder, then the messages of each connection, then the records. */
function pictures(section: Section, id: string): Markup[] {
  const figures: Markup[] = []
  const add = (figure: Markup | undefined) => figure !== undefined && figures.push(figure)
  const next = () => `${id}-f${figures.length + 1}`
  let wires = 0
  let hidden = 0
  for (const group of groupBy(section.blocks, (block) => chainKey(block.verdict))) {
    const verdicts = group.map((block) => block.verdict)
    for (const [index, leg] of legsOf(verdicts[0]!.observation).entries()) {
      add(drawChain(next(), verdicts, leg))
      const alike = alikeViews(verdicts, index)
      for (const views of alike) {
        wires += 1
        if (wires > maxWires) hidden += 1
        else add(drawWire(next(), views, alike.length > 1))
      }
    }
    for (const same of groupBy(verdicts, recordsKey)) {
      if (wires <= maxWires) add(drawRecords(next(), same))
    }
  }
  if (hidden > 0) {
    add(markup`<p class="dim">… and ${formatCount(hidden, 'more connection')} of devices that are answered differently: ask for one device at a time</p>
`)
  }
  return figures
}

function recordsKey({ observation }: Verdict): string {
  return JSON.stringify(observation.connections.map(({ records }) => records))
}
