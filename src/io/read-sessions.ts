import { Decapsulator } from '../capture/decapsulator.ts'
import { SessionReader } from '../capture/read-sessions.ts'
import type { TlsSession } from '../capture/session.ts'
import { readCaptureStream } from './capture-file.ts'

/** The TLS and DTLS sessions of a capture, and what is to be known of how it was read. */
export interface SessionsRead {
  readonly frames: number
  readonly sessions: readonly TlsSession[]
  readonly notes: readonly string[]
}

/** Throws `InputError` where it is no capture; what is wrong further on is a note, and the facts up to there stay. */
export async function readSessions(
  name: string,
  chunks: AsyncIterable<Buffer>,
  onProgress?: (bytes: number) => void,
): Promise<SessionsRead> {
  const notes: string[] = []
  const onNote = (note: string) => void (notes.length < MAX_NOTES && notes.push(note))
  const reader = new SessionReader()
  const decapsulator = new Decapsulator(reader.packet, onNote)
  const end = await readCaptureStream(name, counted(chunks, onProgress), {
    onFrame: (frame) => decapsulator.frame(frame),
    onSecrets: () => {},
    onNote,
  })
  decapsulator.finish()
  const sessions = reader.finish()
  if (reader.sessionsLeftOut > 0) onNote(`${reader.sessionsLeftOut} more sessions were seen and not kept`)
  if (reader.withoutHandshake > 0) {
    onNote(`${reader.withoutHandshake} connections carry TLS records of which no handshake was captured`)
  }
  return { frames: end.frames, sessions, notes }
}

const MAX_NOTES = 100

async function* counted(chunks: AsyncIterable<Buffer>, onProgress: ((bytes: number) => void) | undefined) {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    onProgress?.(bytes)
    yield chunk
  }
}
