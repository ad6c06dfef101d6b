import type { Place } from '../finding/place.ts'
import type { Verdict } from '../judge/verdict.ts'
import { type Block, chainKey, collapse, groupBy, type Section } from './collapse.ts'
import { writeCures } from './cures-section.ts'
import { writeCommands, writeFindings, writeMargins, writeMissing, writeSources } from './details-section.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import { type Headline, writeHeadline } from './headline.ts'
import { writeLadder } from './ladder.ts'
import { Page } from './layout.ts'
import { writeOutlook } from './outlook-text.ts'
import { legsOf } from './reading.ts'
import { writeRecords } from './record-strip.ts'
import { writeMessages } from './wire.ts'

/** Facts of a profile shown; all are in its file. */
const maxQuirks = 3

/** How the text is laid out. */
export interface TextOptions {
  readonly color: boolean
  /** No line is wider; at least 40. */
  readonly columns: number
  /** Every command of every cure. */
  readonly verbose?: boolean
  /** For a terminal that is not UTF-8: nothing beyond ASCII. */
  readonly ascii?: boolean
  /** Places where the reader can act: what is done there comes first. */
  readonly can?: readonly Place[] | undefined
}

/**
 * What `tlsfit check` prints for people. Of each target and device: the verdict, the cause, the cure; then the
 * chain against the limits, the messages up to where the device stops, the records of the download, the room left,
 * the other findings, what is not known, and where the limits come from. Ends with a line feed.
 */
export function formatText(verdicts: readonly Verdict[], options: TextOptions): string {
  const page = new Page({ columns: options.columns, color: options.color, ascii: options.ascii ?? false })
  for (const section of collapse(verdicts)) {
    page.blank()
    writeSection(page, section, { ascii: options.ascii ?? false }, options)
  }
  return page.toString()
}

function writeSection(
  page: Page,
  section: Section,
  escapes: EscapeOptions,
  { verbose = false, can }: Pick<TextOptions, 'verbose' | 'can'>,
): void {
  const heads = new Map<Block, Headline>()
  for (const block of section.blocks) {
    page.blank()
    heads.set(block, writeHeadline(page, block, escapes, can))
  }
  const groups = groupBy(section.blocks, (block) => chainKey(block.verdict))
  for (const group of groups) {
    const [first] = group
    for (const [index, leg] of legsOf(first!.verdict.observation).entries()) {
      page.blank()
      const verdicts = group.map((block) => block.verdict)
      writeLadder(page, verdicts, leg, escapes)
      const wires = groupBy(verdicts, (verdict) => verdict.observation)
      for (const sameWire of wires) {
        const own = legsOf(sameWire[0]!.observation)[index]
        if (own === undefined) continue
        page.blank()
        writeMessages(page, sameWire, own, wires.length > 1, escapes)
      }
    }
    const downloads = groupBy(group, (block) => block.verdict.observation)
    for (const sameWire of downloads) {
      page.blank()
      writeRecords(
        page,
        sameWire.map((block) => block.verdict),
        downloads.length > 1,
      )
    }
  }
  for (const block of section.blocks) {
    page.blank()
    if (section.blocks.length > 1) writeDivider(page, block, escapes)
    writeDevice(page, block.verdict, escapes)
    writeOutlook(page, block.verdict, escapes)
    writeMargins(page, block.verdict)
    writeFindings(page, block.verdict, escapes, verbose)
    const { best, footnotes } = heads.get(block)!
    writeCures(page, block.verdict, { escapes, can, verbose, shown: best?.title }, footnotes)
    writeMissing(page, block.verdict, escapes)
    writeSources(page, block.verdict, escapes)
    writeCommands(page, footnotes)
  }
}

function writeDivider(page: Page, block: Block, escapes: EscapeOptions): void {
  const id = escapeText(block.verdict.device.id, { ...escapes, maxChars: page.columns - 12 })
  const at = block.addresses.length > 0 ? ` at ${block.addresses.join(', ')}` : ''
  page.paragraph('── ', `${id}${at}`, { text: 'strong' })
}

/** Layers that the catalogue chose, and how the hello is known: what the reader did not say. */
function writeDevice(page: Page, verdict: Verdict, escapes: EscapeOptions): void {
  const chosen = verdict.device.layers.filter((layer) => layer.defaulted)
  if (chosen.length > 0) {
    const names = chosen.map((layer) => escapeText(`${layer.family}@${layer.version}`, escapes)).join(', ')
    page.paragraph('', `not named, default taken: ${names}`, { text: 'dim' })
  }
  if (verdict.observation.source === 'dial') {
    page.paragraph('', `ClientHello of this device: ${verdict.device.hello.origin}`, { text: 'dim' })
  }
  const quirks = verdict.device.quirks.slice(0, maxQuirks)
  if (quirks.length > 0) page.paragraph('', 'known of this device:', { text: 'dim' })
  for (const quirk of quirks) {
    page.paragraph('   - ', escapeText(quirk.value, { ...escapes, maxChars: 300 }), { text: 'dim' })
  }
}
