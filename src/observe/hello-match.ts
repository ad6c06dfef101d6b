import type { Device, DeviceHello } from '../device/device.ts'
import { formatCipherSuite } from '../tls/cipher-suites.ts'
import { formatExtensionType } from '../tls/extension-types.ts'
import { isGrease } from '../tls/grease.ts'
import { formatNamedGroup } from '../tls/named-groups.ts'
import { formatSignatureScheme } from '../tls/signature-schemes.ts'
import { formatVersion } from '../tls/versions.ts'
import type { HelloSent } from './observation.ts'

/** A profile that a ClientHello could be of. */
export interface HelloMatch {
  readonly device: Device
  /** Parts of its hello that the profile gives and that are the same, list by list and in order. */
  readonly same: readonly (keyof DeviceHello)[]
}

/** Names of a hello's lists, GREASE left out. */
export interface HelloNames {
  readonly versions: readonly string[]
  readonly cipherSuites: readonly string[]
  readonly groups: readonly string[]
  readonly signatureSchemes: readonly string[]
  readonly extensions: readonly string[]
}

export function helloNames(hello: HelloSent): HelloNames {
  const names = (codes: readonly number[], format: (code: number) => string) =>
    codes.filter((code) => !isGrease(code)).map(format)
  return {
    versions: names(hello.versions, formatVersion),
    cipherSuites: names(hello.cipherSuites, formatCipherSuite),
    groups: names(hello.groups, formatNamedGroup),
    signatureSchemes: names(hello.signatureSchemes, formatSignatureScheme),
    extensions: names(hello.extensions, formatExtensionType),
  }
}

/**
 * Those of `devices` whose cipher suites are exactly these, in this order, and of which no other part that they give
 * differs. A profile whose suites are assumed, or not known, fits nothing: what could be anybody's is nobody's.
 */
export function matchHello(hello: HelloSent, devices: readonly Device[]): HelloMatch[] {
  const names = helloNames(hello)
  return devices.flatMap((device) => {
    const known = device.hello
    if (known.origin === 'assumed' || known.cipherSuites === undefined) return []
    const same: (keyof DeviceHello)[] = []
    for (const part of ['cipherSuites', 'groups', 'signatureSchemes'] as const) {
      const own = known[part]?.value
      if (own === undefined) continue
      if (own.join() !== names[part].join()) return []
      same.push(part)
    }
    const own = known.versions?.value ?? []
    // TLS 1.2 alone is told by the hello's own version; a list names them all.
    const offersAll = names.versions.length < 2 || own.every((version) => names.versions.includes(version))
    if (!offersAll) return []
    return [{ device, same }]
  })
}
