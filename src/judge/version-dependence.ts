import { type Catalogue, resolveDevice } from '../device/catalogue.ts'
import type { Device, DeviceLayer } from '../device/device.ts'
import { DeviceIdError } from '../device/device-id.ts'
import { type DevicePart, type PartGroup, partsOf, sameFigures } from '../device/device-parts.ts'
import type { Finding } from '../finding/finding.ts'

/** What a finding without a limit may go by: the client's hello, and how its library is set up. */
const rules: ReadonlySet<PartGroup> = new Set(['hello', 'verification', 'trust', 'build'])

/**
 * The layers whose version nobody named (`defaulted`) and that would bring another value, a less sure one, or none, in
 * another version: what a finding says for the default version is then no proof for the device that there is.
 */
export function versionsItHangsOn(finding: Finding, device: Device, catalogue: Catalogue): DeviceLayer[] {
  const parts = decidingParts(finding, device)
  return device.layers.filter(
    (layer) => layer.defaulted && others(layer, device, catalogue).some((other) => !agree(parts, other)),
  )
}

/** The limit that the finding cites, known by its value and source; where no part is that one, every limit. */
function decidingParts({ limit }: Finding, device: Device): DevicePart[] {
  const parts = partsOf(device)
  if (limit === undefined) return parts.filter(({ group }) => rules.has(group))
  const limits = parts.filter(({ group }) => group === 'limits')
  const cited = limits.filter(({ known }) => known?.source === limit.source && known.value === limit.value)
  return cited.length > 0 ? cited : limits
}

function agree(parts: readonly DevicePart[], other: Device): boolean {
  const theirs = new Map(partsOf(other).map((part) => [`${part.group} ${part.key}`, part]))
  return parts.every((part) => {
    const their = theirs.get(`${part.group} ${part.key}`) ?? { ...part, known: undefined }
    // What is documented of one version and carried over to another is no proof there.
    return sameFigures(part, their) && part.known?.confidence === their.known?.confidence
  })
}

/** The same device in every other version of one layer that goes with the others. */
function others(layer: DeviceLayer, device: Device, catalogue: Catalogue): Device[] {
  const ranges = catalogue.profile(layer.family)?.ranges ?? []
  return ranges.flatMap(({ range }) => {
    if (range.text === layer.range) return []
    const id = device.layers.map((one) =>
      one === layer ? `${one.family}@${range.text}` : `${one.family}@${one.version}`,
    )
    try {
      return [resolveDevice(id.join('+'), catalogue)]
    } catch (error) {
      if (error instanceof DeviceIdError) return []
      throw error
    }
  })
}
