import { formatHex } from '../codec/hex.ts'
import { hash } from '../crypto/hash.ts'
import type { ClientHello } from './client-hello.ts'
import { extensionTypes } from './extension-types.ts'
import { decodePointFormats, decodeSupportedGroups, findExtension } from './extensions.ts'
import { isGrease } from './grease.ts'

/**
 * JA3 of a ClientHello, salesforce/ja3: MD5 of version, suites, extensions, groups and point formats in wire order, GREASE
 * left out. Throws `DecodeError` for an extension that is broken.
 */
export function ja3(hello: ClientHello): string {
  return formatHex(hash('md5', new TextEncoder().encode(ja3Text(hello))))
}

/** What is hashed: `769,47-53-5,0-10-11,23-24-25,0`. */
export function ja3Text({ version, cipherSuites, extensions }: ClientHello): string {
  const groups = findExtension(extensions, extensionTypes.supported_groups.code)
  const formats = findExtension(extensions, extensionTypes.ec_point_formats.code)
  const lists: readonly (readonly number[])[] = [
    cipherSuites,
    extensions.map(({ code }) => code),
    groups === undefined ? [] : decodeSupportedGroups(groups),
    formats === undefined ? [] : decodePointFormats(formats),
  ]
  return [version, ...lists.map((codes) => codes.filter((code) => !isGrease(code)).join('-'))].join(',')
}
