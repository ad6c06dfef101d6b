import { parseCipherSuite } from '../tls/cipher-suites.ts'
import type { ClientOffer, HelloOrigin, OfferedExtension } from '../tls/client-offer.ts'
import { parseNamedGroup } from '../tls/named-groups.ts'
import { parseSignatureScheme } from '../tls/signature-schemes.ts'
import { parseVersion } from '../tls/versions.ts'
import type { Device, DeviceHello, Sourced } from './device.ts'
import { knownSuites } from './known-suites.ts'
import {
  wideCipherSuites,
  wideCipherSuites13,
  wideExtensions,
  wideGroups,
  wideSignatureSchemes,
} from './wide-offer.ts'

/** What the caller of a connection decides. */
export interface OfferRequest {
  /** Name or IP literal; undefined where there is none. */
  readonly host: string | undefined
  /** What the application switched off. */
  readonly verify: 'full' | 'no-name' | 'none'
  /** Overrides the name sent, or sends none; undefined: the host, as the device would. */
  readonly sni: string | 'none' | undefined
  readonly alpn?: readonly string[] | undefined
}

export interface DeviceOffer {
  readonly offer: ClientOffer
  readonly origin: HelloOrigin
  /**
   * Parts offered wide because they are unknown for the device: `cipherSuites`, `groups`, … A refusal is not due to them;
   * suites are held to the key exchanges that the build is known to have.
   */
  readonly assumedParts: readonly AssumedPart[]
  /** The host_name sent; undefined when none is. */
  readonly sni: string | undefined
}

export type AssumedPart =
  | 'versions'
  | 'cipherSuites'
  | 'groups'
  | 'signatureSchemes'
  | 'extensions'
  | 'sni'
  | 'maxFragmentLength'
  | 'alpn'

/** The ClientHello that this device would send to this host. Never throws for a profile that passed its checks. */
export function offerFor(device: Device, request: OfferRequest): DeviceOffer {
  const { hello } = device
  const sni = serverName(hello, request)
  const alpn = request.alpn ?? []
  const parts = (
    [
      'versions',
      'cipherSuites',
      'groups',
      'signatureSchemes',
      'extensions',
      'sni',
      'maxFragmentLength',
    ] as const
  ).filter((part) => hello[part] === undefined || (part === 'cipherSuites' && lacksSuites13(hello)))
  return {
    offer: {
      version: clientVersion(hello.versions?.value),
      cipherSuites: suitesOf(device),
      // Profiles with another extension are refused where they are read.
      extensions: extensionsOf(hello)
        .filter(isOffered)
        .flatMap((name) => extension(name, { hello, sni, alpn: hello.alpn?.value === 'never' ? [] : alpn })),
    },
    origin: hello.origin,
    assumedParts: [...parts, ...(hello.alpn === undefined && alpn.length > 0 ? (['alpn'] as const) : [])],
    sni,
  }
}

/** Whether a host is an IP address, which a server_name must not carry (RFC 6066 §3). */
export function isIpLiteral(host: string): boolean {
  return host.includes(':') || /^\d{1,3}(\.\d{1,3}){3}$/.test(host) || host.startsWith('[')
}

/**
 * ESP-IDF ties the name sent to the name check: skip_common_name drops both, while skipping verification
 * alone keeps the name in the hello. A device that sends no name sends none whatever is asked for.
 */
function serverName(hello: DeviceHello, { host, verify, sni }: OfferRequest): string | undefined {
  if (hello.sni?.value === 'never' || sni === 'none') return undefined
  if (hello.sni?.value === 'with-name-check' && verify === 'no-name') return undefined
  const name = sni ?? host?.replace(/\.$/, '') ?? ''
  return name === '' || isIpLiteral(name) ? undefined : name
}

/** legacy_version: the highest offered up to TLS 1.2, RFC 8446 §4.1.2. */
function clientVersion(names: readonly string[] | undefined): number {
  const offered = (names ?? []).map(parseVersion).filter((code) => code !== undefined && code <= 0x0303)
  return offered.reduce((highest, code) => Math.max(highest ?? 0, code ?? 0), undefined) ?? 0x0303
}

function offersTls13({ versions }: DeviceHello): boolean {
  return versions?.value.includes('TLSv1.3') ?? false
}

/** A list that is known for TLS 1.2 alone; without a suite of its own no TLS 1.3 can be offered. */
function lacksSuites13(hello: DeviceHello): boolean {
  return (
    offersTls13(hello) && !(hello.cipherSuites?.value ?? []).some((name) => wideCipherSuites13.includes(name))
  )
}

function suitesOf(device: Device): readonly number[] {
  const { hello } = device
  const only13 = hello.versions?.value.join() === 'TLSv1.3'
  const wide = only13 ? [] : (knownSuites(device)?.names ?? wideCipherSuites)
  const known = codes(hello.cipherSuites, wide, parseCipherSuite)
  return lacksSuites13(hello) ? [...codes(undefined, wideCipherSuites13, parseCipherSuite), ...known] : known
}

/** In wire order. Without the two at the end no hello offers TLS 1.3, RFC 8446 §9.2. */
function extensionsOf(hello: DeviceHello): readonly string[] {
  if (!offersTls13(hello)) return hello.extensions?.value ?? wideExtensions
  const names = hello.extensions?.value ?? [...wideExtensions, 'psk_key_exchange_modes']
  return [...names, ...['supported_versions', 'key_share'].filter((name) => !names.includes(name))]
}

/** Extensions that a profile may list: all that the engine can write. */
export const extensionsOffered = [
  'server_name',
  'max_fragment_length',
  'supported_groups',
  'ec_point_formats',
  'signature_algorithms',
  'application_layer_protocol_negotiation',
  'record_size_limit',
  'encrypt_then_mac',
  'extended_master_secret',
  'session_ticket',
  'renegotiation_info',
  'supported_versions',
  'psk_key_exchange_modes',
  'key_share',
] as const satisfies readonly Exclude<OfferedExtension['kind'], 'raw'>[]

type ExtensionOffered = (typeof extensionsOffered)[number]

function isOffered(name: string): name is ExtensionOffered {
  return (extensionsOffered as readonly string[]).includes(name)
}

function extension(
  name: ExtensionOffered,
  { hello, sni, alpn }: { hello: DeviceHello; sni: string | undefined; alpn: readonly string[] },
): readonly OfferedExtension[] {
  switch (name) {
    case 'server_name':
      return sni === undefined ? [] : [{ kind: name, host: sni }]
    case 'max_fragment_length': {
      const bytes = hello.maxFragmentLength?.value
      return bytes === undefined || bytes === 'never' ? [] : [{ kind: name, bytes }]
    }
    case 'supported_groups':
      return [{ kind: name, groups: codes(hello.groups, wideGroups, parseNamedGroup) }]
    case 'ec_point_formats':
      return [{ kind: name, formats: [0] }]
    case 'signature_algorithms':
      return [
        { kind: name, schemes: codes(hello.signatureSchemes, wideSignatureSchemes, parseSignatureScheme) },
      ]
    case 'application_layer_protocol_negotiation':
      return alpn.length === 0 ? [] : [{ kind: name, protocols: alpn }]
    case 'record_size_limit': {
      const limit = hello.recordSizeLimit?.value
      // Where the size is not known: what TLS 1.2 allows at most asks the server for nothing, RFC 8449 §4.
      return [{ kind: name, bytes: typeof limit === 'number' ? limit : 16_384 }]
    }
    case 'supported_versions': {
      const versions = codes(hello.versions, [], parseVersion)
      return versions.length === 0 ? [] : [{ kind: name, versions: [...versions].sort((a, b) => b - a) }]
    }
    case 'psk_key_exchange_modes':
      return [{ kind: name, modes: [1] }] // psk_dhe_ke, RFC 8446 §4.2.9
    case 'key_share': {
      if (!offersTls13(hello)) return []
      const groups = codes(hello.groups, wideGroups, parseNamedGroup)
      const shares = hello.keyShares && codes(hello.keyShares, [], parseNamedGroup)
      return [{ kind: name, groups: shares ?? groups.slice(0, 1) }]
    }
    case 'encrypt_then_mac':
    case 'extended_master_secret':
    case 'session_ticket':
    case 'renegotiation_info':
      return [{ kind: name }]
  }
}

function codes(
  known: Sourced<readonly string[]> | undefined,
  wide: readonly string[],
  parse: (name: string) => number | undefined,
): readonly number[] {
  return (known?.value ?? wide).map(parse).filter((code) => code !== undefined)
}
