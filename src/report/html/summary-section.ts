import type { State, Verdict } from '../../judge/verdict.ts'
import { brokenThresholds } from '../comparison-text.ts'
import type { RunSummary, TargetFailure } from '../report.ts'
import { formatBytes, formatCount, formatDuration, formatMinute, formatNumber } from '../units.ts'
import { drawComparison } from './comparison-section.ts'
import { type Markup, markup } from './markup.ts'
import { stateLooks, stateOrder } from './states.ts'

/** Columns of a table whose cells have room for the word of the state; of more, the word is for readers of the screen. */
const maxWordColumns = 4

/** What is kept of a target for the table: a few bytes a device. */
interface SummaryRow {
  readonly id: string
  readonly target: string
  /** By column; a hole where a device did not look at it. */
  readonly states: readonly (State | undefined)[]
  readonly failed: string | undefined
}

/** Every device at every target, the worst first. Known at the end of a run, shown at the top of the page. */
export class SummarySection {
  readonly #devices: string[] = []
  readonly #rows: SummaryRow[] = []

  /** The verdicts of one target; of several addresses the worst counts. */
  add(id: string, target: string, verdicts: readonly Verdict[]): void {
    const states: (State | undefined)[] = []
    for (const verdict of verdicts) {
      let column = this.#devices.indexOf(verdict.device.id)
      if (column < 0) column = this.#devices.push(verdict.device.id) - 1
      states[column] = worst([verdict.state, states[column]])
    }
    this.#rows.push({ id, target, states, failed: undefined })
  }

  fail(id: string, { target, code }: TargetFailure): void {
    this.#rows.push({ id, target, states: [], failed: code })
  }

  toMarkup(run: RunSummary): Markup {
    const table = this.#rows.length + this.#devices.length > 2 ? this.#table() : undefined
    return markup`<section id="summary" aria-labelledby="summary-name">
<h2 id="summary-name">Summary</h2>
<p class="counts">${thresholdsTag(run)}${stateOrder
      .filter((state) => run.states[state] > 0)
      .map((state) => tag(state, `${formatNumber(run.states[state])} `))} <span>of ${formatCount(
      stateOrder.reduce((sum, state) => sum + run.states[state], 0),
      'verdict',
    )}, ${formatCount(run.targets, 'target')}${run.failed === 0 ? undefined : `, ${formatNumber(run.failed)} of them not looked at`}</span></p>
${
  run.interrupted
    ? markup`<p class="bad"><strong>Broken off: not all that was asked for is here.</strong></p>
`
    : undefined
}${table}${run.comparison === undefined ? undefined : drawComparison(run.comparison)}<p class="dim">${runLine(run)}</p>
</section>
`
  }

  /** Few targets and many devices: the devices are the rows. */
  #table(): Markup {
    return this.#rows.length <= maxWordColumns && this.#devices.length > maxWordColumns
      ? this.#byDevice()
      : this.#byTarget()
  }

  #byTarget(): Markup {
    const narrow = this.#devices.length > maxWordColumns
    const rows = [...this.#rows].sort((a, b) => weight(a) - weight(b))
    return matrix(
      narrow,
      markup`<th scope="col">Target</th>${this.#devices.map((device) => markup`<th scope="col" class="device"><span>${brokenAtLayers(device)}</span></th>`)}`,
      rows.map(
        (row) => markup`<tr><th scope="row"><a href="#${row.id}">${row.target}</a></th>${
          row.failed === undefined
            ? this.#devices.map((_, column) => cell(row.states[column], narrow))
            : markup`<td colspan="${this.#devices.length || 1}">not looked at: ${row.failed}</td>`
        }</tr>
`,
      ),
    )
  }

  #byDevice(): Markup {
    const worstOf = (column: number) =>
      stateOrder.indexOf(worst(this.#rows.map(({ states }) => states[column])))
    const columns = this.#devices.map((_, column) => column).sort((a, b) => worstOf(a) - worstOf(b))
    return matrix(
      false,
      markup`<th scope="col">Device</th>${this.#rows.map(
        (row) => markup`<th scope="col" class="device"><a href="#${row.id}">${row.target}</a></th>`,
      )}`,
      columns.map(
        (column) => markup`<tr><th scope="row">${this.#devices[column]}</th>${this.#rows.map((row) =>
          row.failed === undefined
            ? cell(row.states[column], false)
            : markup`<td>not looked at: ${row.failed}</td>`,
        )}</tr>
`,
      ),
    )
  }
}

/** A long id breaks between its layers, before it breaks anywhere. */
function brokenAtLayers(device: string): Markup {
  return markup`${device.split('+').map((layer, at) => (at === 0 ? markup`${layer}` : markup`+<wbr>${layer}`))}`
}

function matrix(narrow: boolean, head: Markup, rows: readonly Markup[]): Markup {
  return markup`<div class="wide" role="group" aria-label="Verdict of each device at each target" tabindex="0"><table class="matrix${
    narrow ? ' narrow' : undefined
  }">
<thead><tr>${head}</tr></thead>
<tbody>${rows}</tbody></table></div>
`
}

function cell(state: State | undefined, narrow: boolean): Markup {
  if (state === undefined) return markup`<td>–</td>`
  const { className, glyph, word } = stateLooks[state]
  return narrow
    ? markup`<td><span class="tag ${className}"><span aria-hidden="true">${glyph}</span><span class="unseen">${word}</span></span></td>`
    : markup`<td>${tag(state)}</td>`
}

function tag(state: State, before = ''): Markup {
  const { className, glyph, word } = stateLooks[state]
  return markup`<span class="tag ${className}"><span aria-hidden="true">${glyph} </span>${before}${word}</span> `
}

/** Before the verdicts: the run failed, whatever fits. */
function thresholdsTag(run: RunSummary): Markup | undefined {
  const words = brokenThresholds(run)
  return words === ''
    ? undefined
    : markup`<span class="tag bad"><span aria-hidden="true">✗ </span>${words}</span> `
}

function worst(states: readonly (State | undefined)[]): State {
  return stateOrder.find((state) => states.includes(state)) ?? 'fits'
}

/** Blocked first; among equals the order of the list stays. What could not be looked at stands between. */
function weight({ states, failed }: SummaryRow): number {
  if (failed !== undefined) return 0.5
  return stateOrder.findIndex((state) => states.includes(state))
}

function runLine(run: RunSummary): string {
  const network =
    run.connections === 0
      ? ''
      : `; ${formatCount(run.connections, 'connection')}, ${formatBytes(run.bytesSent)} sent, ${formatBytes(run.bytesReceived)} received`
  const resumed =
    run.resumed === 0 ? '' : `; ${formatCount(run.resumed, 'target')} looked at in an earlier run`
  return `tlsfit ${run.version}, ${formatMinute(run.startedAt)}, ${formatDuration(run.elapsedMs)}${network}${resumed}`
}
