import type { Device } from '../device/device.ts'
import { extensionsOffered } from '../device/offer.ts'
import { extensionTypes, formatExtensionType } from '../tls/extension-types.ts'
import { isGrease } from '../tls/grease.ts'
import { helloNames } from './hello-match.ts'
import type { HelloSent } from './observation.ts'

/**
 * Whether a captured ClientHello is this device's own, so that what the server made of it is what the device meets.
 * Every part that a server goes by must be known of the device and be the same; a profile of which less is known owns no
 * hello. What follows from the session and not from the device (a ticket, a name where none is due) makes no difference.
 */
export function isHelloOf(device: Device, hello: HelloSent): boolean {
  const { cipherSuites, groups, signatureSchemes, extensions, origin } = device.hello
  if (origin === 'assumed' || extensions === undefined) return false
  const names = helloNames(hello)
  return (
    cipherSuites?.value.join() === once(names.cipherSuites).join() &&
    groups?.value.join() === once(names.groups).join() &&
    signatureSchemes?.value.join() === once(names.signatureSchemes).join() &&
    sameVersions(device, hello) &&
    sameName(device, hello) &&
    sameExtensions(device, hello)
  )
}

/** A real client may list one twice; a profile lists it once. */
function once(names: readonly string[]): string[] {
  return [...new Set(names)]
}

/** Without the extension a hello names the highest of its versions alone. */
function sameVersions({ hello: { versions } }: Device, hello: HelloSent): boolean {
  const own = versions?.value ?? []
  const sent = helloNames(hello).versions
  if (hello.extensions.includes(extensionTypes.supported_versions.code)) return sameSet(own, sent)
  return !own.includes('TLSv1.3') && own.toSorted().at(-1) === sent[0]
}

function sameName({ hello: { sni } }: Device, hello: HelloSent): boolean {
  if (sni?.value === 'never') return hello.sni === undefined
  return sni?.value === 'with-name-check' || (sni?.value === 'host-name' && hello.sni !== undefined)
}

function sameExtensions({ hello: known }: Device, hello: HelloSent): boolean {
  if ((known.maxFragmentLength?.value ?? 'never') !== (hello.maxFragmentLength ?? 'never')) return false
  if (known.alpn?.value !== 'configurable' && hello.alpn.length > 0) return false
  const sent = hello.extensions.filter((code) => !isGrease(code)).map(formatExtensionType)
  const strange = sent.filter((name) => !sendable.has(name) && !ofTheSession.has(name))
  // A recorded profile leaves out what the engine cannot send.
  if (strange.length > 0 && known.origin !== 'recorded') return false
  const lasting = (all: readonly string[]) =>
    all.filter((name) => sendable.has(name) && !ofTheSession.has(name))
  return sameSet(lasting(known.extensions?.value ?? []), lasting(sent))
}

const sendable = new Set<string>(extensionsOffered)
/** Judged by themselves above, or in one hello of a device and not in the next. */
const ofTheSession = new Set([
  'server_name',
  'max_fragment_length',
  'application_layer_protocol_negotiation',
  'supported_versions',
  'session_ticket',
  'pre_shared_key',
  'cookie',
  'padding',
])

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name))
}
