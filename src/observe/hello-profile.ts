import type { TlsSession } from '../capture/session.ts'
import { Reader } from '../codec/reader.ts'
import { extensionsOffered } from '../device/offer.ts'
import type { ClientHello } from '../tls/client-hello.ts'
import { extensionTypes } from '../tls/extension-types.ts'
import { readExtension } from '../tls/extensions.ts'
import { isGrease } from '../tls/grease.ts'
import { formatNamedGroup } from '../tls/named-groups.ts'
import { helloNames } from './hello-match.ts'
import { helloSentOf } from './hello-sent.ts'
import type { HelloSent } from './observation.ts'

/** A profile of `devices/` whose hello is one that was captured; as data, ready to be written as YAML. */
export interface RecordedProfile {
  readonly family: string
  readonly name: string
  readonly defaultVersion: 'any'
  readonly sources: Readonly<Record<string, { readonly confidence: 'measured'; readonly where: string }>>
  readonly common: { readonly hello: Readonly<Record<string, unknown>> }
  readonly ranges: { readonly any: null }
}

/**
 * What a captured ClientHello says of its device: `recorded` down to the order of its lists. Limits, trust and the rest
 * are not in a hello, and stay unknown. `keyShares`: the groups it sent shares for.
 */
function profileOfHello(
  hello: HelloSent,
  {
    file,
    frame,
    keyShares,
  }: { readonly file: string; readonly frame: number; readonly keyShares: readonly number[] },
): RecordedProfile {
  return {
    family: 'my-device',
    name: `device of ${file}`,
    defaultVersion: 'any',
    sources: { capture: { confidence: 'measured', where: `${file}, ClientHello in frame ${frame}` } },
    common: {
      hello: recordedHello(hello, keyShares, 'capture'),
    },
    ranges: { any: null },
  }
}

/** The `hello` of a profile, `recorded` down to the order of its lists. `source`: a key of the profile's sources. */
export function recordedHello(
  hello: HelloSent,
  keyShares: readonly number[],
  source: string,
): Readonly<Record<string, unknown>> {
  const names = helloNames(hello)
  const value = (one: unknown, note?: string) => ({
    value: one,
    source,
    ...(note === undefined ? {} : { note }),
  })
  const list = (key: string, all: readonly string[], usable: (name: string) => boolean = isNamed) => {
    // A real client may list one twice; a profile lists it once.
    const kept = [...new Set(all.filter(usable))]
    const left = all.filter((name) => !usable(name))
    if (kept.length === 0) return {}
    return {
      [key]: value(kept, left.length === 0 ? undefined : `also sent, and left out here: ${left.join(', ')}`),
    }
  }
  return {
    origin: 'recorded',
    ...list('versions', names.versions),
    ...list('cipherSuites', names.cipherSuites),
    ...list('groups', names.groups),
    ...list('keyShares', keyShares.map(formatNamedGroup)),
    ...list('signatureSchemes', names.signatureSchemes),
    ...list('extensions', names.extensions, (name) => sendable.has(name)),
    sni: value(
      hello.sni === undefined ? 'never' : 'host-name',
      hello.sni === undefined ? 'none in this hello; whether it can be switched on is not told' : undefined,
    ),
    maxFragmentLength: value(hello.maxFragmentLength ?? 'never'),
    ...(hello.extensions.includes(extensionTypes.application_layer_protocol_negotiation.code)
      ? { alpn: value('configurable') }
      : {}),
  }
}

/** Groups of which the hello sends a share; empty where it sends none, or it cannot be read. */
export function keyShareGroups({ extensions }: Pick<ClientHello, 'extensions'>): readonly number[] {
  return readExtension(extensions, 'key_share', decodeKeyShareGroups) ?? []
}

/** One hello of a capture, with who sent it and how often. */
export interface HelloSeen {
  readonly profile: RecordedProfile
  /** Address of its first sender. */
  readonly client: string
  readonly count: number
}

/** The different ClientHellos of a capture, the most frequent first; names, randoms and shares make no difference. */
export function profilesOfSessions(sessions: readonly TlsSession[], file: string): HelloSeen[] {
  const seen = new Map<string, { profile: RecordedProfile; client: string; count: number }>()
  for (const { clientHellos, client, firstFrame, transport } of sessions) {
    const [first] = clientHellos
    if (first === undefined || transport === 'udp') continue
    const { hello, bytes } = first
    const sent = helloSentOf(hello, bytes.length)
    const keyShares = keyShareGroups(hello)
    const key = JSON.stringify([
      sent.versions,
      sent.cipherSuites,
      sent.groups,
      sent.signatureSchemes,
      sent.maxFragmentLength,
      sent.sni === undefined,
    ])
    const known = seen.get(key)
    if (known !== undefined) known.count++
    else
      seen.set(key, {
        profile: profileOfHello(sent, { file, frame: firstFrame, keyShares }),
        client: client.address,
        count: 1,
      })
  }
  return [...seen.values()].sort((a, b) => b.count - a.count)
}

/** Groups of KeyShareClientHello, RFC 8446 §4.2.8. Throws `DecodeError`. */
function decodeKeyShareGroups(data: Uint8Array): number[] {
  const r = new Reader(data, 'key_share')
  const shares = r.inside(r.vector16('client_shares'), 'client_shares')
  r.end()
  const groups: number[] = []
  while (!shares.atEnd) {
    groups.push(shares.u16('group'))
    shares.vector16('key_exchange')
  }
  return groups.filter((code) => !isGrease(code))
}

const sendable: ReadonlySet<string> = new Set(extensionsOffered)

/** What no registry has prints with its number in brackets. */
function isNamed(name: string): boolean {
  return !name.includes('(')
}
