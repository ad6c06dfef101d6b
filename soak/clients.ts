import { randomBytes } from 'node:crypto'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'

export interface ClientPlace {
  readonly port: number
  readonly host: string
  readonly ca: string
  readonly files: ReadonlyMap<string, Uint8Array>
}

type Client = (place: ClientPlace, chance: () => number) => Promise<string>

const RANGE_BYTES = 4_096
const GIVE_UP_MS = 15_000

/** What devices, and what is no device, do to a gateway. Each gives a word for how it went, and never rejects. */
export const clients: Readonly<Record<string, Client>> = { ranges, whole, breaksOff, slow, rubbish, silent }

/** Some ranges of a file over one connection; every byte is compared. */
async function ranges(place: ClientPlace, chance: () => number): Promise<string> {
  const { path, content } = pick(place, chance)
  const first = Math.floor(chance() * (content.length - 8 * RANGE_BYTES))
  return withTls(place, async (socket) => {
    for (let at = first; at < first + 4 * RANGE_BYTES; at += RANGE_BYTES) {
      const last = at + RANGE_BYTES - 1
      socket.write(request(place, path, `Range: bytes=${at}-${last}`))
      const { status, body } = await answer(socket)
      if (status !== 206) return `status ${status}`
      if (!body.equals(content.subarray(at, last + 1))) return 'WRONG BYTES'
    }
    return 'ok'
  })
}

async function whole(place: ClientPlace, chance: () => number): Promise<string> {
  const { path, content } = pick(place, chance)
  return withTls(place, async (socket) => {
    socket.write(request(place, path))
    const { status, body } = await answer(socket)
    if (status !== 200) return `status ${status}`
    return body.equals(content) ? 'ok' : 'WRONG BYTES'
  })
}

/** Ends in the handshake, in the request or in the answer. */
async function breaksOff(place: ClientPlace, chance: () => number): Promise<string> {
  const { path } = pick(place, chance)
  const where = chance()
  if (where < 0.3) {
    const socket = connectTcp(place.port, '127.0.0.1')
    socket.write(randomBytes(1).fill(0x16))
    await ended(socket, 20)
    return 'in the hello'
  }
  return withTls(place, async (socket) => {
    const text = request(place, path)
    socket.write(where < 0.5 ? text.slice(0, 30) : text)
    if (where >= 0.5) await new Promise((resolve) => socket.once('data', resolve))
    return where < 0.5 ? 'in the request' : 'in the answer'
  })
}

/** Reads a piece, waits, reads on; and leaves before the end. */
async function slow(place: ClientPlace, chance: () => number): Promise<string> {
  const { path } = pick(place, chance)
  return withTls(place, async (socket) => {
    socket.write(request(place, path))
    for (let pieces = 0; pieces < 8 && !socket.destroyed; pieces++) {
      await new Promise<void>((resolve) => {
        socket.once('data', () => {
          socket.pause()
          resolve()
        })
        socket.resume()
      })
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    return 'left'
  })
}

/** No TLS at all, or no HTTP within it. */
async function rubbish(place: ClientPlace, chance: () => number): Promise<string> {
  const bytes = randomBytes(1 + Math.floor(2_000 * chance()))
  if (chance() < 0.5) {
    const socket = connectTcp(place.port, '127.0.0.1')
    socket.write(bytes)
    await ended(socket, 3_000)
    return 'in place of TLS'
  }
  return withTls(place, async (socket) => {
    socket.write(bytes)
    await ended(socket, 3_000)
    return 'in place of HTTP'
  })
}

/** Connects and says nothing: whose patience ends first? */
async function silent(place: ClientPlace, chance: () => number): Promise<string> {
  const socket = connectTcp(place.port, '127.0.0.1')
  return (await ended(socket, chance() < 0.2 ? GIVE_UP_MS : 500)) ? 'turned out' : 'left'
}

function pick({ files }: ClientPlace, chance: () => number): { path: string; content: Uint8Array } {
  const [name, content] = [...files][Math.floor(chance() * files.size)]!
  return { path: `/${chance() < 0.5 ? 'pass' : 'cached'}/${name}`, content }
}

function request({ host }: ClientPlace, path: string, ...lines: string[]): string {
  return [`GET ${path} HTTP/1.1`, `Host: ${host}`, ...lines, '', ''].join('\r\n')
}

/** Whatever happens to the connection is an outcome, and so is nothing for too long. */
async function withTls(place: ClientPlace, act: (socket: TLSSocket) => Promise<string>): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: place.port, servername: place.host, ca: place.ca })
  const over = new Promise<string>((resolve) => {
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'error'))
    socket.on('close', () => resolve('closed'))
    socket.setTimeout(GIVE_UP_MS, () => resolve('TOO LONG'))
  })
  const acted = new Promise<void>((resolve) => socket.once('secureConnect', resolve)).then(() => act(socket))
  const outcome = await Promise.race([acted, over])
  socket.destroy()
  acted.catch(() => {})
  return outcome
}

/** Whether the other side ends it in time; ended either way. */
async function ended(socket: Socket, withinMs: number): Promise<boolean> {
  socket.on('error', () => {})
  socket.resume()
  let timer: NodeJS.Timeout | undefined
  const isEnded = await Promise.race([
    new Promise<boolean>((resolve) => socket.once('close', () => resolve(true))),
    new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), withinMs)
    }),
  ])
  clearTimeout(timer)
  socket.destroy()
  return isEnded
}

/** One response with a Content-Length. */
function answer(socket: TLSSocket): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0)
    const take = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      const end = bytes.indexOf('\r\n\r\n')
      if (end < 0) return
      const head = bytes.toString('latin1', 0, end)
      const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
      const body = bytes.subarray(end + 4)
      if (body.length < length) return
      socket.off('data', take)
      resolve({ status: Number(head.slice(9, 12)), body })
    }
    socket.on('data', take)
  })
}
