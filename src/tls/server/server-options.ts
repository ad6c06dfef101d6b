import type { Seed } from '../../crypto/seed.ts'
import type { Signer } from '../../crypto/signature.ts'
import type { ClientHello } from '../client-hello.ts'
import { contentTypes } from '../content-types.ts'
import { extensionTypes } from '../extension-types.ts'
import { findExtension } from '../extensions.ts'
import { MAX_PLAINTEXT_BYTES } from '../record-reader.ts'
import type { RecordWriter } from '../record-writer.ts'
import type { StepBuilder } from '../step.ts'
import { versions } from '../versions.ts'
import type { Cut } from './cutting.ts'
import type { ServerChoice, ServerMeans } from './server-choice.ts'
import { extension, type ServerExtension } from './server-messages.ts'

export interface TlsServerOptions {
  readonly means: ServerMeans
  /** DER, leaf first. */
  readonly certificates: readonly Uint8Array[]
  /** Of the leaf's key. */
  readonly signer: Signer
  /** What a client encrypted for the leaf; undefined where it is nothing of that kind. */
  readonly decrypt: (ciphertext: Uint8Array) => Uint8Array | undefined
  /** Random bytes, for this connection only; at least 32. */
  readonly seed: Uint8Array
  /** How the handshake messages of the server become records. */
  readonly cut: Cut
  /**
   * Whether max_fragment_length and record_size_limit are answered as agreed to. Records are as `cut` makes them all the
   * same: a server that does not answer may make them as large as it likes, one that does breaks its word.
   */
  readonly agreesToSizes: boolean
  /**
   * Whether the random of a ServerHello below TLS 1.3 says that the server could speak 1.3, RFC 8446 §4.1.3, as one does
   * that somebody on the way made to choose less. Absent: it does not.
   */
  readonly saysDowngrade?: boolean
}

/** What a handshake goes on from, once the ClientHello is read. */
export interface HandshakeParts {
  readonly writer: RecordWriter
  readonly seed: Seed
  readonly choice: ServerChoice
  readonly hello: ClientHello
}

/** RFC 8449 §5: who knows record_size_limit leaves max_fragment_length unanswered. */
export function sizeAnswers(
  hello: ClientHello,
  { agreesToSizes }: TlsServerOptions,
  version: number,
): readonly ServerExtension[] {
  if (!agreesToSizes) return []
  const offers = (name: 'record_size_limit' | 'max_fragment_length') =>
    findExtension(hello.extensions, extensionTypes[name].code)
  if (offers('record_size_limit') !== undefined) {
    // That of the server itself; in TLS 1.3 the byte of the content type counts, RFC 8449 §4.
    const limit = MAX_PLAINTEXT_BYTES + (version === versions['TLSv1.3'].code ? 1 : 0)
    return [extension('record_size_limit', (w) => w.u16(limit))]
  }
  const asked = offers('max_fragment_length')
  return asked === undefined ? [] : [extension('max_fragment_length', (w) => w.bytes(asked))]
}

/** Writes messages that go under the same keys, each plaintext that `cut` gives as one record. */
export function writeFlight(
  messages: readonly Uint8Array[],
  { cut, writer, step }: { readonly cut: Cut; readonly writer: RecordWriter; readonly step: StepBuilder },
): void {
  for (const part of cut(messages)) writer.write(contentTypes.handshake.code, part, step)
}
