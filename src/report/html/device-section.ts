import type { Verdict } from '../../judge/verdict.ts'
import { escapeText } from '../escape.ts'
import { citedLimits, describeLimit } from '../limit-reading.ts'
import { type Markup, markup } from './markup.ts'

/** Facts of a profile shown; all are in its file. */
const maxQuirks = 3

/**
 * What is said of each device once for all targets: where its limits come from, how its ClientHello is known, what was
 * chosen for it. Grows with the devices, not with the targets.
 */
export class DeviceSection {
  readonly #devices = new Map<
    string,
    { readonly verdict: Verdict['device']; readonly limits: Map<string, Markup> }
  >()
  readonly #dialled = new Set<string>()

  add(verdict: Verdict): void {
    const { device, observation } = verdict
    const known = this.#devices.get(device.id) ?? { verdict: device, limits: new Map<string, Markup>() }
    this.#devices.set(device.id, known)
    if (observation.source === 'dial') this.#dialled.add(device.id)
    for (const { name, limit } of citedLimits(verdict)) {
      const text = describeLimit(limit)
      const source = escapeText(limit.source, { maxChars: 400 })
      known.limits.set(
        `${name} ${text} ${source}`,
        markup`<li>${name}: ${text} ${source}</li>
`,
      )
    }
  }

  toMarkup(): Markup | undefined {
    if (this.#devices.size === 0) return undefined
    const devices = [...this.#devices.values()].map(({ verdict: device, limits }) => {
      const chosen = device.layers.filter(({ defaulted }) => defaulted)
      const names = chosen.map(({ family, version }) => `${family}@${version}`).join(', ')
      const quirks = device.quirks.slice(0, maxQuirks)
      return markup`<h3><code>${device.id}</code></h3>
${
  chosen.length === 0
    ? undefined
    : markup`<p>Not named, default taken: ${names}.</p>
`
}${
  this.#dialled.has(device.id)
    ? markup`<p>ClientHello of this device: ${device.hello.origin}.</p>
`
    : undefined
}${
  quirks.length === 0
    ? undefined
    : markup`<h4>Known of this device</h4>
<ul>${quirks.map(
        ({ value }) => markup`<li>${escapeText(value, { maxChars: 300 })}</li>
`,
      )}</ul>
`
}${
  limits.size === 0
    ? undefined
    : markup`<h4>Limits, and where they come from</h4>
<ul>${[...limits.values()]}</ul>
`
}`
    })
    return markup`<section id="devices" aria-labelledby="devices-name">
<h2 id="devices-name">Devices, and where their limits come from</h2>
${devices}</section>
`
  }
}
