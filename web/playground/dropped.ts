import { AskError } from '../api/ask.ts'

/** A file as it goes to the API. */
export interface Dropped {
  readonly name: string
  readonly bytes: number
  readonly base64: string
}

/** The API takes no larger ones; a capture of one handshake has some ten kilobytes. */
const maxBytes = 32 * 1024 * 1024

export async function readDropped(file: File): Promise<Dropped> {
  if (file.size > maxBytes) {
    const hint = 'cut it to the failing connection, or run `tlsfit explain` on it'
    throw new AskError(0, `${file.name} is larger than 32 MiB`, hint)
  }
  return { name: file.name, bytes: file.size, base64: toBase64(new Uint8Array(await file.arrayBuffer())) }
}

function toBase64(bytes: Uint8Array): string {
  let text = ''
  // In pieces: a call takes no more than some ten thousand arguments.
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}
