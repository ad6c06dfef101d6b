import { createPrivateKey, createPublicKey } from 'node:crypto'
import { bareText, nonBase64 } from './pem-body.ts'

/** Larger texts are no key of a device. */
const maxKeyChars = 65_536

/** `encrypted` and `unreadable` keys cannot be compared. */
export type KeyRead = { readonly spki: Uint8Array } | 'encrypted' | 'unreadable'

/**
 * The public half (SubjectPublicKeyInfo) of a private key in PEM. `text` is the block as it stands, quotation marks and
 * escapes included. Nothing of the private half leaves this function.
 */
export function publicHalf(text: string, label: string): KeyRead {
  if (label.startsWith('ENCRYPTED') || text.slice(0, maxKeyChars).includes('ENCRYPTED')) return 'encrypted'
  if (text.length > maxKeyChars) return 'unreadable'
  const body = text.slice(text.indexOf('-----', 5) + 5, text.lastIndexOf('-----END'))
  const { text: bare } = bareText(body, '')
  if (nonBase64.test(bare)) return 'unreadable'
  return publicHalfOfDer(Buffer.from(bare.replace(/\s/g, ''), 'base64'))
}

/** The same of a key in DER, in any of its three forms. */
export function publicHalfOfDer(der: Uint8Array): KeyRead {
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const) {
    try {
      const key = createPrivateKey({ key: Buffer.from(der), format: 'der', type })
      return { spki: createPublicKey(key).export({ type: 'spki', format: 'der' }) }
    } catch {
      // Another form, or none.
    }
  }
  return 'unreadable'
}
