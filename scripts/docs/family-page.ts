import { type Catalogue, resolveDevice } from '../../src/device/catalogue.ts'
import type { Confidence, Device, ErrorWords } from '../../src/device/device.ts'
import { type AccountValue, accountOf, type DeviceAccount } from '../../src/report/device/device-account.ts'
import { formatMargins } from '../../src/report/device/device-markdown.ts'
import {
  certificateSizes,
  type FieldStory,
  noFieldRows,
  storyLimitText,
} from '../../src/report/device/field-stories.ts'
import { familyRow } from '../../src/report/device-list.ts'
import { rangeText } from '../../src/report/device-words.ts'
import { failuresText } from '../../src/report/failure-names.ts'
import { mergeRows } from './merged-rows.ts'
import { cell, code, linkedSource, plain, tableOf, widePage } from './open-text.ts'
import type { SitePage } from './site-page.ts'

interface RangeAccount {
  readonly range: string
  readonly device: Device
  readonly account: DeviceAccount
}

/** All that is known of a family, every range of its versions: what `tlsfit devices show` tells of each, side by side. */
export function familyPage(catalogue: Catalogue, family: string): SitePage {
  const profile = catalogue.profile(family)
  if (profile === undefined) throw new Error(`there is no family ${family}`)
  const ranges = profile.ranges.map(({ range }): RangeAccount => {
    const device = resolveDevice(`${family}@${range.text}`, catalogue)
    return { range: rangeText(range.text), device, account: accountOf(device) }
  })
  return {
    path: `devices/${family}.md`,
    source: undefined,
    text: new FamilyPage(familyRow(profile), ranges).text(),
  }
}

/** Cites sources by number, in the order in which they are met. */
class FamilyPage {
  readonly #family: ReturnType<typeof familyRow>
  readonly #ranges: readonly RangeAccount[]
  readonly #sources: string[] = []

  constructor(family: ReturnType<typeof familyRow>, ranges: readonly RangeAccount[]) {
    this.#family = family
    this.#ranges = ranges
  }

  text(): string {
    const blocks = [
      ...this.#head(),
      ...this.#sections((group) => group === 'limits'),
      ...this.#margins(),
      '## Seen in the field',
      this.#field(),
      ...this.#sections((group) => group !== 'limits'),
      ...this.#quirks(),
      ...this.#errors(),
      ...this.#unknown(),
      '## Sources',
      this.#sources
        .map((source, at) => `${at + 1}. <a id="source-${at + 1}"></a>${linkedSource(source)}`)
        .join('\n'),
    ]
    return `${widePage}${blocks.join('\n\n')}\n`
  }

  #head(): string[] {
    const { family, name, kind, runsOn, defaultVersion, aliases } = this.#family
    const layers = [...new Set(this.#ranges.flatMap(({ account }) => account.layers))]
      .filter((layer) => layer.family !== family)
      .map((layer) => `${layer.family}@${layer.version}`)
    const facts = [
      ...(kind === undefined ? [] : [`kind: ${kind}`]),
      ...(runsOn.length === 0 ? [] : [`runs on ${runsOn.map(familyLink).join(', ')}`]),
      `version taken where none is named: ${code(defaultVersion)}`,
      ...(layers.length === 0
        ? []
        : [
            `told with the layers that are taken by default: ${[...new Set(layers)].map(layerLink).join(', ')}`,
          ]),
      ...(aliases.length === 0 ? [] : [`other ids: ${aliases.map(code).join(', ')}`]),
    ]
    const versions = this.#ranges.map(({ range, account }) => {
      const refused = account.field.filter(({ outcome }) => outcome === 'refused').length
      return [
        plain(range),
        account.hello.origin,
        `${account.known} of ${account.total}`,
        account.field.length === 0
          ? 'nothing on record'
          : `${account.field.length - refused} accepted, ${refused} refused`,
      ]
    })
    return [
      `# ${plain(name)}: what it takes (${code(family)})`,
      facts.map((fact) => `- ${fact}`).join('\n'),
      tableOf(['versions', 'ClientHello', 'values known', 'in the field'], versions),
      `The same for one version, in a terminal: ${code(`tlsfit devices show ${family}@${defaultVersion}`)}. [How to read this](/devices.md).`,
    ]
  }

  #sections(wanted: (group: string) => boolean): string[] {
    const groups = new Map<string, string>()
    for (const { account } of this.#ranges) {
      for (const { group, title } of account.sections) if (wanted(group)) groups.set(group, title)
    }
    return [...groups].flatMap(([group, title]) => {
      const told = this.#ranges.map(({ range, account }) => ({
        range,
        values: account.sections.filter((section) => section.group === group).flatMap(({ values }) => values),
      }))
      const parts = [...new Set(told.flatMap(({ values }) => values.map(({ part }) => part)))]
      const merged = [...mergeRows(told, keyOfValue)].sort(
        (a, b) => parts.indexOf(a.value.part) - parts.indexOf(b.value.part),
      )
      const sentences = group === 'hello' ? this.#helloSentences() : []
      const rows = merged.map(({ value, ranges }) => [
        plain(value.name),
        ...this.#versions(ranges),
        this.#valueCell(value),
        this.#cite(value),
      ])
      const table = rows.length === 0 ? [] : [tableOf(this.#heads('value', 'what is known', 'from'), rows)]
      return [`## ${plain(title[0]?.toUpperCase() + title.slice(1))}`, ...sentences, ...table]
    })
  }

  #helloSentences(): string[] {
    const told = this.#ranges.map(({ range, account: { hello } }) => ({ range, values: [hello] }))
    const merged = mergeRows(told, ({ sentence, ja4 }) => `${sentence} ${ja4}`)
    return merged.map(({ value: { sentence, ja4 }, ranges }) => {
      const print =
        ja4 === undefined
          ? ''
          : ` JA4 of the hello that tlsfit sends in its place, with a host name and without ALPN: ${code(ja4)}`
      const of = ranges.length === 0 ? '' : `${plain(ranges.join(', '))}: `
      return `${of}${plain(sentence)}${print}`
    })
  }

  #valueCell({ value, coded, more, note }: AccountValue): string {
    const long = coded !== undefined && coded.length > 4
    const items = (coded ?? [])
      .map((each) => `<li>${code(each.name)} ${plain(each.code ?? '')}</li>`)
      .join('')
    const shown = long
      ? `<details><summary>${coded.length}, in order</summary><ol>${items}</ol></details>`
      : plain(value)
    return cell([shown, ...[...more, ...(note === undefined ? [] : [note])].map(plain)])
  }

  /** Pictures of the limits that the field speaks of, one a distinct answer. */
  #margins(): string[] {
    const told = this.#ranges.map(({ range, account }) => ({
      range,
      values: account.sections.flatMap(({ values }) => values).filter(({ margins }) => margins !== undefined),
    }))
    return mergeRows(told, ({ part, margins }) => JSON.stringify([part, margins])).flatMap(
      ({ value, ranges }) => {
        const picture = formatMargins([value])
        const of = ranges.length === 0 ? [] : [`Versions ${plain(ranges.join(', '))}:`]
        return picture === undefined ? [] : [...of, picture]
      },
    )
  }

  #field(): string {
    const told = this.#ranges.map(({ range, account }) => ({ range, values: account.field }))
    const merged = mergeRows(told, ({ id, heldFor }) => `${heldFor} ${id}`)
    if (merged.length === 0) return plain(noFieldRows)
    const rows = merged.map(({ value: story, ranges }) => [
      `**${story.outcome}**`,
      ...this.#versions(ranges),
      plain(story.endpoint),
      sizesCell(story),
      plain(`${story.seen}; ${story.heldFor}`),
      this.#cite(story),
    ])
    return tableOf(this.#heads('outcome', 'endpoint', 'sizes', 'seen; held for', 'from'), rows)
  }

  #quirks(): string[] {
    const told = this.#ranges.map(({ range, account }) => ({ range, values: account.quirks }))
    const merged = mergeRows(told, ({ value, source }) => `${value} ${source}`)
    if (merged.length === 0) return []
    const items = merged.map(({ value: quirk, ranges }) => {
      const of = ranges.length === 0 ? '' : `${plain(ranges.join(', '))}: `
      return `- ${of}${plain(quirk.value)} (${this.#cite(quirk)})`
    })
    return ['## Quirks', items.join('\n')]
  }

  #errors(): string[] {
    const told = this.#ranges.map(({ range, account }) => ({ range, values: account.errors }))
    const merged = mergeRows(told, (error) => JSON.stringify(error))
    if (merged.length === 0) return []
    const rows = merged.map(({ value: error, ranges }) => [
      code(error.code),
      ...this.#versions(ranges),
      plain(failuresText(error)),
      printedCell(error),
      this.#cite(error),
    ])
    return [
      '## What it shows when it fails',
      tableOf(this.#heads('code', 'when', 'what it prints', 'from'), rows),
      'Which failure is which finding: [the devices’ own words](/words.md).',
    ]
  }

  #unknown(): string[] {
    const told = this.#ranges.map(({ range, account }) => ({
      range,
      values: account.measures.flatMap(({ settles }) => settles),
    }))
    const merged = mergeRows(told, ({ part, question }) => `${part} ${question}`)
    const versions = this.#ranges.length > 1 && merged.some(({ ranges }) => ranges.length > 0)
    const rows = merged.map(({ value: { name, question }, ranges }) => [
      plain(name),
      ...(versions ? [plain(ranges.length === 0 ? 'all' : ranges.join(', '))] : []),
      plain(question),
    ])
    if (rows.length === 0) return []
    return [
      '## Not known',
      'What is not known counts neither as a limit nor as none. The questions that would settle it, with the commands ' +
        `for each: ${code(`tlsfit devices show ${this.#family.family}@${this.#family.defaultVersion}`)}. ` +
        'With the device at hand, [`tlsfit measure`](/measure.md) asks most of them itself.',
      tableOf(['value', ...(versions ? ['versions'] : []), 'question'], rows),
    ]
  }

  #heads(first: string, ...rest: readonly string[]): string[] {
    return this.#ranges.length > 1 ? [first, 'versions', ...rest] : [first, ...rest]
  }

  #versions(ranges: readonly string[]): string[] {
    return this.#ranges.length > 1 ? [plain(ranges.length === 0 ? 'all' : ranges.join(', '))] : []
  }

  #cite({ confidence, source }: { readonly confidence: Confidence; readonly source: string }): string {
    if (!this.#sources.includes(source)) this.#sources.push(source)
    const number = this.#sources.indexOf(source) + 1
    return `${confidence}, [source ${number}](#source-${number})`
  }
}

function keyOfValue({ part, value, more, note, confidence, source, coded }: AccountValue): string {
  return JSON.stringify([part, value, more, note, confidence, source, coded])
}

function sizesCell(story: FieldStory): string {
  return cell([certificateSizes(story) ?? '', story.limits.map(storyLimitText).join('; ')].map(plain))
}

function printedCell({ log, detail }: ErrorWords): string {
  return cell([...(log?.split('\n') ?? []).map(code), plain(detail ?? '')])
}

function familyLink(family: string): string {
  return `[${code(family)}](/devices/${family}.md)`
}

function layerLink(layer: string): string {
  const [family = ''] = layer.split('@')
  return `[${code(layer)}](/devices/${family}.md)`
}
