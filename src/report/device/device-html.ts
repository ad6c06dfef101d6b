import type { Confidence, Device, ErrorWords } from '../../device/device.ts'
import { rangeText } from '../device-words.ts'
import { escapeHtml } from '../escape-html.ts'
import { failuresText } from '../failure-names.ts'
import { closePage, openPage } from '../html/page-shell.ts'
import { formatCount } from '../units.ts'
import {
  type AccountSection,
  type AccountValue,
  accountOf,
  confidenceStyle,
  type DeviceAccount,
  sourcesOf,
} from './device-account.ts'
import { devicePageStyles } from './device-html-styles.ts'
import { certificateSizes, type FieldStory, noFieldRows, storyLimitText } from './field-stories.ts'
import { marginDefs, marginsSvg } from './margins-svg.ts'
import type { Measure } from './measures.ts'

/** Profiles may be anybody's, so all text of theirs is escaped; nothing of it is cut. */
const html = (text: string) => escapeHtml(text, { maxChars: 20_000 })

/** One device as a page of its own: every value with its source, the field, and how to learn what is not known. */
export function formatDeviceHtml(device: Device): string {
  const account = accountOf(device)
  const sources = sourcesOf(account)
  const page = new DeviceHtml(account, sources)
  return (
    openPage({ title: `${device.name}: what tlsfit knows of it`, styles: devicePageStyles }) +
    page.body() +
    closePage
  )
}

class DeviceHtml {
  readonly #account: DeviceAccount
  readonly #sources: readonly string[]

  constructor(account: DeviceAccount, sources: readonly string[]) {
    this.#account = account
    this.#sources = sources
  }

  body(): string {
    const { sections, field, quirks, errors, measures, known, total } = this.#account
    const [limits, others] = [
      sections.filter(({ group }) => group === 'limits'),
      sections.filter(({ group }) => group !== 'limits'),
    ]
    return [
      this.#head(),
      ...limits.map((section) => this.#section(section)),
      `<h2>Seen in the field</h2>\n`,
      field.length === 0
        ? `<p>${html(noFieldRows)}</p>\n`
        : field.map((story) => this.#story(story)).join(''),
      ...others.map((section) => this.#section(section)),
      quirks.length === 0 ? '' : `<h2>Quirks</h2>\n${quirks.map((quirk) => this.#value(quirk)).join('')}`,
      errors.length === 0 ? '' : this.#errors(errors),
      `<h2>Not known: ${formatCount(total - known, 'value')}</h2>\n`,
      '<p>What is not known counts neither as a limit nor as none. What settles it:</p>\n',
      ...measures.map(measureHtml),
      `<h2>Sources</h2>\n<ol class="sources">\n${this.#sources.map(sourceHtml).join('')}</ol>\n`,
    ].join('')
  }

  #head(): string {
    const { name, id, layers, known, total, field } = this.#account
    const refused = field.filter(({ outcome }) => outcome === 'refused').length
    const layerRows = layers.map(({ family, version, name: layer, range, defaulted }) => {
      const within = range === version ? '' : `, in ${rangeText(range)}`
      const tag = defaulted ? ' <span class="tag">taken by default</span>' : ''
      return `<li><code>${html(`${family}@${version}`)}</code> ${html(layer + within)}${tag}</li>`
    })
    const share = total === 0 ? 0 : Math.round((known / total) * 100)
    return `<h1>${html(name)}</h1>
<p><code>${html(id)}</code></p>
<ul class="layers">${layerRows.join('')}</ul>
<div class="figures">
<div><b>${known} of ${total}</b> values known
<svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="6" fill="var(--bar)"/><rect width="${share}" height="6" fill="var(--accent)"/></svg></div>
<div>in the field <b>${field.length - refused}</b> accepted, <b>${refused}</b> refused</div>
<div>ClientHello <span class="tag ${helloStyles[this.#account.hello.origin]}">${this.#account.hello.origin}</span></div>
</div>
`
  }

  #section({ group, title, values }: AccountSection): string {
    const pictured = values.some(({ margins }) => margins !== undefined)
    const heading = `<h2>${html(title[0]?.toUpperCase() + title.slice(1))}</h2>\n`
    const hello = group === 'hello' ? this.#hello() : ''
    return (
      heading +
      (pictured ? marginDefs + legend : '') +
      hello +
      values.map((value) => this.#value(value)).join('')
    )
  }

  #hello(): string {
    const { hello } = this.#account
    const print =
      hello.ja4 === undefined
        ? ''
        : `<div class="value"><div class="name">JA4</div><div><code>${html(hello.ja4)}</code>
<p class="dim">of the hello that tlsfit sends in its place, with a host name and without ALPN</p></div></div>\n`
    return `<p>${html(hello.sentence)}</p>\n${print}`
  }

  #value({ part, name, value, coded, more, margins, note, ...from }: AccountValue): string {
    const key = part.replace(/^\w+\./, '')
    const shown =
      coded === undefined || coded.length === 0
        ? `<div class="figure">${html(value)}</div>`
        : `<ol class="coded">${coded.map((each) => `<li><code>${html(each.name)}</code> <span class="dim">${html(each.code ?? '')}</span></li>`).join('')}</ol>`
    // What the picture says in figures is not said again beneath it.
    const told = margins === undefined ? more : more.filter((line) => !line.startsWith('known to '))
    const lines = [...told, ...(note === undefined ? [] : [note])].map((line) => `<p>${html(line)}</p>`)
    const picture = margins === undefined ? '' : `<figure>${marginsSvg(key, margins)}</figure>`
    return `<div class="value"${name === '' ? '' : ` id="${html(part)}"`}><div class="name">${html(name)}</div><div>${shown}
${picture}${lines.join('\n')}
${this.#from(from)}</div></div>\n`
  }

  /** The confidence, and the number of the source in the list at the end. */
  #from({ confidence, source }: { readonly confidence: Confidence; readonly source: string }): string {
    const number = this.#sources.indexOf(source) + 1
    const style = confidenceStyle(confidence)
    return `<p class="from"><span class="tag ${style === 'none' ? '' : style}">${confidence}</span> <a href="#source-${number}" title="${html(source)}">source ${number}</a></p>`
  }

  #story(story: FieldStory): string {
    const taken = story.outcome === 'accepted'
    const sizes = certificateSizes(story)
    const about = [
      ...(sizes === undefined ? [] : [`certificates, leaf first: ${sizes}`]),
      story.limits.map(storyLimitText).join('; '),
      `seen ${story.seen}; held for ${story.heldFor}; row ${story.id}`,
    ]
    return `<div class="value"><div class="name"><span class="tag ${taken ? 'good' : 'bad'}">${story.outcome}</span></div><div><div class="figure">${html(story.endpoint)}</div>
${about.map((line) => `<p>${html(line)}</p>`).join('\n')}
${this.#from(story)}</div></div>\n`
  }

  #errors(errors: readonly ErrorWords[]): string {
    const rows = errors.map(({ code, when, statuses, log, detail, ...from }) => {
      const lines = log === undefined ? '' : `<pre>${log.split('\n').map(html).join('\n')}</pre>\n`
      const more = detail === undefined ? '' : `<p>${html(detail)}</p>\n`
      return `<div class="value"><div class="name"><code>${html(code)}</code></div><div><p>${html(failuresText({ when, statuses }))}</p>
${lines}${more}${this.#from(from)}</div></div>\n`
    })
    return `<h2>What it shows when it fails</h2>\n${rows.join('')}`
  }
}

const helloStyles = { recorded: 'good', derived: 'good', assumed: 'warn' } as const

const legend = `<p class="legend dim">${[
  ['pass', 'known to pass'],
  ['unseen', 'not known'],
  ['fail', 'known to fail'],
  ['line', 'documented (dashed: may count so)'],
]
  .map(([kind, words]) => `<span><span class="key ${kind}"></span>${words}</span>`)
  .join(' ')}</p>
`

function measureHtml({ title, commands, note, settles }: Measure): string {
  const rows = settles.map(
    ({ name, question }) => `<tr><th scope="row">${html(name)}</th><td>${html(question)}</td></tr>`,
  )
  return `<section class="whole"><h3>${html(title[0]?.toUpperCase() + title.slice(1))}</h3>
<pre>${commands.map(html).join('\n')}</pre>
${note === undefined ? '' : `<p class="dim">${html(note)}</p>\n`}<table class="questions"><tbody>${rows.join('')}</tbody></table></section>
`
}

/** Addresses of the web become links, and nothing else does. */
function sourceHtml(source: string, index: number): string {
  const linked = source
    .split(/(https:\/\/[\w./?#=&%~+-]*[\w/])/)
    .map((piece, at) =>
      at % 2 === 0 ? html(piece) : `<a href="${html(piece)}" rel="noreferrer">${html(piece)}</a>`,
    )
  return `<li id="source-${index + 1}">${linked.join('')}</li>\n`
}
