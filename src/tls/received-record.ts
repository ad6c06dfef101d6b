import { contentTypes, formatContentType } from './content-types.ts'
import type { Opener } from './record-protection.ts'
import type { InnerOpener } from './record-protection-13.ts'
import { MAX_PLAINTEXT_BYTES, type TlsRecord } from './record-reader.ts'
import { type Refusal, refuse, unexpected } from './refusal.ts'

/** Largest protected fragment of TLS 1.3: 2^14 + 256, RFC 8446 §5.2. */
const MAX_FRAGMENT_BYTES_13 = MAX_PLAINTEXT_BYTES + 256

/** A record's content, its protection taken off. */
export interface OpenedRecord {
  readonly contentType: number
  /** undefined when it does not decrypt. */
  readonly plaintext: Uint8Array | undefined
  readonly encrypted: boolean
}

/** Up to TLS 1.2; without an opener records come in clear. */
export function openRecord(record: TlsRecord, opener: Opener | undefined): OpenedRecord {
  const { contentType, version, fragment } = record
  const plaintext = opener === undefined ? fragment : opener.open(contentType, version, fragment)
  return { contentType, plaintext, encrypted: opener !== undefined }
}

/** TLS 1.3: what is protected calls itself application data, and has its content type within. */
export function openRecord13(record: TlsRecord, opener: InnerOpener | undefined): OpenedRecord {
  const { contentType, version, fragment } = record
  if (opener === undefined || contentType !== contentTypes.application_data.code) {
    return { contentType, plaintext: fragment, encrypted: false }
  }
  const inner = opener.open(version, fragment)
  if (inner === undefined) return { contentType, plaintext: undefined, encrypted: true }
  return { contentType: inner.contentType, plaintext: inner.content, encrypted: true }
}

/** What no record of TLS 1.3 may be, RFC 8446 §5; that one does not decrypt is not said here. */
export function refuseRecord13(
  { fragment }: TlsRecord,
  { contentType, plaintext, encrypted }: OpenedRecord,
  session: { readonly opener: InnerOpener | undefined; readonly established: boolean },
): Refusal | undefined {
  if (encrypted && fragment.length > MAX_FRAGMENT_BYTES_13) {
    const detail = `a protected record of ${fragment.length} bytes, ${MAX_FRAGMENT_BYTES_13} allowed`
    return refuse('too-large', detail, 'record_overflow')
  }
  if (plaintext === undefined) return undefined
  if (plaintext.length > MAX_PLAINTEXT_BYTES) {
    const detail = `a record of ${plaintext.length} bytes, ${MAX_PLAINTEXT_BYTES} allowed`
    return refuse('too-large', detail, 'record_overflow')
  }
  if (encrypted && contentType === 0) return unexpected('a record that is padding all through')
  if (encrypted && contentType === contentTypes.change_cipher_spec.code) {
    return unexpected('an encrypted ChangeCipherSpec')
  }
  if (encrypted || session.opener === undefined) return undefined
  if (contentType === contentTypes.change_cipher_spec.code) return undefined
  // An alert in clear is no proof of anything, and is read all the same: it may be all that a server says.
  if (contentType === contentTypes.alert.code && !session.established) return undefined
  return unexpected(`${formatContentType(contentType)} in clear after the keys were agreed`)
}

export function refuseUndecrypted({ fragment }: TlsRecord): Refusal {
  return refuse('bad-record-mac', `a record of ${fragment.length} bytes does not decrypt`, 'bad_record_mac')
}
