import { type Catalogue, listDevices } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import { parseDeviceId } from '../device/device-id.ts'
import { matchHello } from '../observe/hello-match.ts'
import { helloSentOf } from '../observe/hello-sent.ts'
import type { ClientHello } from '../tls/client-hello.ts'

/** More hellos than any fleet has; a scanner may make up any number. */
const MAX_KEPT = 1_000
/** A hello of more families than this names none of them. */
const MAX_NAMED = 3

/**
 * Which device families a ClientHello is of, as far as hellos tell. The catalogue is read when first asked; a label
 * is kept for each list of suites and groups.
 */
export class HelloFamilies {
  readonly #open: () => Catalogue
  #devices: readonly Device[] | undefined
  readonly #kept = new Map<string, string>()

  constructor(open: () => Catalogue) {
    this.#open = open
  }

  /** Such as `nrf9160`, `esp-idf or esp-at`, `several`, `unknown`. */
  nameOf(hello: ClientHello | undefined): string {
    if (hello === undefined) return 'unknown'
    const sent = helloSentOf(hello, 0)
    const key = JSON.stringify([sent.cipherSuites, sent.groups, sent.signatureSchemes, sent.versions])
    const kept = this.#kept.get(key)
    if (kept !== undefined) return kept
    this.#devices ??= listDevices(this.#open())
    const matches = matchHello(sent, this.#devices)
    const families = [
      ...new Set(matches.map(({ device }) => parseDeviceId(device.id)[0]?.family ?? device.id)),
    ]
    const name =
      families.length === 0
        ? 'unknown'
        : families.length > MAX_NAMED
          ? 'several'
          : families.sort().join(' or ')
    if (this.#kept.size < MAX_KEPT) this.#kept.set(key, name)
    return name
  }
}
