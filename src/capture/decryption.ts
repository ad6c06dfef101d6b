import { versions } from '../tls/versions.ts'
import { createDecrypter12 } from './decryption-12.ts'
import { createDecrypter13 } from './decryption-13.ts'
import type { MakeRecordOpener } from './record-opener.ts'
import type { SecretStore } from './secret-store.ts'

/** Opens the sessions that `store` has secrets of, TLS 1.0 to 1.3 and DTLS 1.0 to 1.2. */
export function decryptWith(store: SecretStore): MakeRecordOpener {
  return (facts) => {
    const { version } = facts.serverHello
    const secrets = store.find(facts.clientRandom)
    if (version === versions['TLSv1.3'].code) {
      return secrets && createDecrypter13(secrets, facts.serverHello.cipherSuite)
    }
    if (!hasKeyBlock(version)) return undefined
    if (facts.encryptedPremaster === undefined) return secrets && createDecrypter12(secrets, facts)
    const premaster = store.find(facts.encryptedPremaster.subarray(0, RSA_PREFIX_BYTES))
    return premaster && createDecrypter12(premaster, facts)
  }
}

/** How a key log names a premaster secret: by the first bytes of its encrypted form. */
const RSA_PREFIX_BYTES = 8

/** Versions whose keys come from a key block, RFC 5246 §6.3. */
function hasKeyBlock(version: number): boolean {
  return (
    version === versions.TLSv1.code ||
    version === versions['TLSv1.1'].code ||
    version === versions['TLSv1.2'].code ||
    version === versions['DTLSv1.0'].code ||
    version === versions['DTLSv1.2'].code
  )
}
