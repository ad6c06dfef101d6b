import type { HashName } from '../crypto/hash.ts'
import { findCipherSuite } from '../tls/cipher-suites.ts'
import { extensionTypes } from '../tls/extension-types.ts'
import { findExtension } from '../tls/extensions.ts'
import { expandKeys, masterSecret } from '../tls/key-schedule.ts'
import { protectionOf } from '../tls/record-ciphers.ts'
import { createOpener, keySizes, type Opener } from '../tls/record-protection.ts'
import { versions } from '../tls/versions.ts'
import type { OpenerFacts, RecordOpener } from './record-opener.ts'
import type { SessionSecrets } from './secret-store.ts'
import type { Direction } from './session.ts'

const prfHashes: Readonly<Record<string, HashName>> = { sha256: 'sha256', sha384: 'sha384' }

/**
 * Opens the records after ChangeCipherSpec of TLS 1.0 to 1.2 and DTLS 1.0 to 1.2. undefined where the secrets are of
 * another kind, or the suite's cipher is none that can be done.
 */
export function createDecrypter12(secrets: SessionSecrets, facts: OpenerFacts): RecordOpener | undefined {
  const { serverHello, clientRandom, transport } = facts
  const { version, extensions } = serverHello
  const suite = findCipherSuite(serverHello.cipherSuite)
  if (suite === undefined) return undefined
  const has = (name: 'encrypt_then_mac' | 'extended_master_secret') =>
    findExtension(extensions, extensionTypes[name].code) !== undefined
  const protection = protectionOf(suite, { encryptThenMac: has('encrypt_then_mac'), version })
  const hashName = hasOwnPrf(version) ? prfHashes[suite.hash] : 'md5-sha1'
  if (protection === undefined || hashName === undefined) return undefined
  const randoms = { client: clientRandom, server: serverHello.random }
  const premaster = secrets.get('PMS_CLIENT_RANDOM') ?? secrets.get('RSA')
  // With extended_master_secret the premaster secret alone does not do: the whole handshake goes in, RFC 7627 §4.
  const master =
    secrets.get('CLIENT_RANDOM') ??
    (premaster !== undefined && !has('extended_master_secret')
      ? masterSecret(hashName, premaster, randoms)
      : undefined)
  if (master === undefined) return undefined
  const keys = expandKeys(hashName, master, randoms, keySizes(protection))
  const keysOf = (direction: Direction) => (direction === 'c2s' ? keys.client : keys.server)
  const opened = (content: Uint8Array | undefined, contentType: number) => content && { contentType, content }
  if (transport === 'udp') {
    return {
      open(direction, contentType, recordVersion, fragment, sequence = 0) {
        const opener = createOpener(protection, keysOf(direction), sequence)
        return opened(opener.open(contentType, recordVersion, fragment), contentType)
      },
    }
  }
  const openers: Record<Direction, Opener | undefined> = {
    c2s: createOpener(protection, keys.client),
    s2c: createOpener(protection, keys.server),
  }
  return {
    open(direction, contentType, recordVersion, fragment) {
      const content = openers[direction]?.open(contentType, recordVersion, fragment)
      // One record that does not open, and the sequence number of the next is not known any more.
      if (content === undefined) openers[direction] = undefined
      return opened(content, contentType)
    },
  }
}

/** Since TLS 1.2 the suite names the hash of the PRF, RFC 5246 §5. */
function hasOwnPrf(version: number): boolean {
  return version === versions['TLSv1.2'].code || version === versions['DTLSv1.2'].code
}
