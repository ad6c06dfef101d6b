import { gunzipSync } from 'node:zlib'
import { type CaptureEnd, CaptureReader } from '../../src/capture/capture-reader.ts'
import { Decapsulator } from '../../src/capture/decapsulator.ts'
import { SessionReader, type SessionReaderOptions } from '../../src/capture/read-sessions.ts'
import type { TlsSession } from '../../src/capture/session.ts'

export interface ReadCapture {
  readonly sessions: readonly TlsSession[]
  readonly withoutHandshake: number
  readonly end: CaptureEnd
  readonly notes: readonly string[]
  readonly secrets: readonly string[]
}

/** The sessions of a whole capture file in memory, gzipped or not, handed on in chunks of `chunkBytes`. */
export function readCapture(
  file: Buffer,
  options: SessionReaderOptions = {},
  chunkBytes = 65_536,
): ReadCapture {
  const bytes = file[0] === 0x1f && file[1] === 0x8b ? gunzipSync(file) : file
  const notes: string[] = []
  const secrets: string[] = []
  const onNote = (note: string) => void notes.push(note)
  const reader = new SessionReader(options)
  const layers = new Decapsulator(reader.packet, onNote)
  const capture = new CaptureReader({
    onFrame: layers.frame,
    onSecrets: (text) => void secrets.push(text),
    onNote,
  })
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    if (!capture.push(bytes.subarray(at, at + chunkBytes))) break
  }
  const end = capture.finish()
  layers.finish()
  return { sessions: reader.finish(), withoutHandshake: reader.withoutHandshake, end, notes, secrets }
}
