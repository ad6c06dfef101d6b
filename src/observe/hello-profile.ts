import { extensionsOffered } from '../device/offer.ts'
import { extensionTypes } from '../tls/extension-types.ts'
import { formatNamedGroup } from '../tls/named-groups.ts'
import { helloNames } from './hello-match.ts'
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
export function profileOfHello(
  hello: HelloSent,
  {
    file,
    frame,
    keyShares,
  }: { readonly file: string; readonly frame: number; readonly keyShares: readonly number[] },
): RecordedProfile {
  const names = helloNames(hello)
  const value = (one: unknown, note?: string) => ({
    value: one,
    source: 'capture',
    ...(note === undefined ? {} : { note }),
  })
  const list = (key: string, all: readonly string[], usable: (name: string) => boolean = isNamed) => {
    const kept = all.filter(usable)
    const left = all.filter((name) => !usable(name))
    if (kept.length === 0) return {}
    return {
      [key]: value(kept, left.length === 0 ? undefined : `also sent, and left out here: ${left.join(', ')}`),
    }
  }
  return {
    family: 'my-device',
    name: `device of ${file}`,
    defaultVersion: 'any',
    sources: { capture: { confidence: 'measured', where: `${file}, ClientHello in frame ${frame}` } },
    common: {
      hello: {
        origin: 'recorded',
        ...list('versions', names.versions),
        ...list('cipherSuites', names.cipherSuites),
        ...list('groups', names.groups),
        ...list('keyShares', keyShares.map(formatNamedGroup)),
        ...list('signatureSchemes', names.signatureSchemes),
        ...list('extensions', names.extensions, (name) => sendable.has(name)),
        sni: value(
          hello.sni === undefined ? 'never' : 'host-name',
          hello.sni === undefined
            ? 'none in this hello; whether it can be switched on is not told'
            : undefined,
        ),
        maxFragmentLength: value(hello.maxFragmentLength ?? 'never'),
        ...(hello.extensions.includes(extensionTypes.application_layer_protocol_negotiation.code)
          ? { alpn: value('configurable') }
          : {}),
      },
    },
    ranges: { any: null },
  }
}

const sendable: ReadonlySet<string> = new Set(extensionsOffered)

/** What no registry has prints with its number in brackets. */
function isNamed(name: string): boolean {
  return !name.includes('(')
}
