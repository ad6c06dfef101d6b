import { formatCode } from '../../codec/hex.ts'
import type { Device } from '../../device/device.ts'
import { type AssumedPart, offerFor } from '../../device/offer.ts'
import { parseCipherSuite } from '../../tls/cipher-suites.ts'
import { type ClientHello, decodeClientHello, encodeClientHello } from '../../tls/client-hello.ts'
import type { ClientOffer, HelloOrigin, OfferedExtension } from '../../tls/client-offer.ts'
import { parseExtensionType } from '../../tls/extension-types.ts'
import { codeOf } from '../../tls/extensions.ts'
import { ja4 } from '../../tls/ja4.ts'
import { parseNamedGroup } from '../../tls/named-groups.ts'
import { parseSignatureScheme } from '../../tls/signature-schemes.ts'
import { parseVersion } from '../../tls/versions.ts'

/** Where the hello of a device comes from, and how well it stands for the device's own. */
export interface HelloAccount {
  readonly origin: HelloOrigin
  readonly sentence: string
  /** Parts that nobody knows: the hello that is sent as this device offers them wide. */
  readonly assumed: readonly AssumedPart[]
  /**
   * JA4 of the hello that is sent as this device, with a host name and without ALPN; undefined where a part of it is
   * assumed, for then it is nobody's. JA3 is not told: it hashes the point formats, which profiles do not hold.
   */
  readonly ja4: string | undefined
}

export function helloAccount(device: Device): HelloAccount {
  const { offer, origin, assumedParts } = offerFor(device, {
    host: 'host.example',
    verify: 'full',
    sni: undefined,
  })
  const stands = origin !== 'assumed' && assumedParts.length === 0
  return {
    origin,
    sentence: sentences[origin],
    assumed: assumedParts,
    ja4: stands ? ja4(helloOf(offer)) : undefined,
  }
}

/** Key shares are left empty: the engine makes them, and a fingerprint does not read them. */
function helloOf(offer: ClientOffer): ClientHello {
  const extensions = offer.extensions.map(
    (each): OfferedExtension =>
      each.kind === 'key_share' ? { kind: 'raw', code: codeOf(each), data: new Uint8Array(0) } : each,
  )
  const message = encodeClientHello({ ...offer, extensions }, new Uint8Array(32))
  return decodeClientHello(message.subarray(4))
}

const sentences: { readonly [O in HelloOrigin]: string } = {
  recorded: 'Recorded: read off a ClientHello that this device or library sent.',
  derived: 'Derived: worked out from source code and build settings, not seen on the wire.',
  assumed:
    'Assumed: what is not known of it is offered wide, so a server that finds nothing in common with it proves nothing about the device.',
}

export interface CodedName {
  readonly name: string
  /** `0xc02b`; undefined where the registry has none. */
  readonly code: string | undefined
}

/** The names of a part that is a list of registry names, in the order offered, with their codes. */
export function codedNames(key: string, value: unknown): readonly CodedName[] | undefined {
  const parse = parsers[key]
  if (parse === undefined || !Array.isArray(value)) return undefined
  return value.map(String).map((name) => {
    const code = parse(name)
    return { name, code: code === undefined ? undefined : formatCode(code) }
  })
}

const parsers: Readonly<Record<string, ((name: string) => number | undefined) | undefined>> = {
  versions: parseVersion,
  cipherSuites: parseCipherSuite,
  groups: parseNamedGroup,
  keyShares: parseNamedGroup,
  signatureSchemes: parseSignatureScheme,
  extensions: parseExtensionType,
}
