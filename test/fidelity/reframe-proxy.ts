import { connect, createServer, type Socket } from 'node:net'
import type { FlightShape } from '../../src/exam/serving.ts'
import { Reframer } from '../../src/measure/reframe.ts'

export interface Framing extends FlightShape {
  /** Bytes of each TCP segment; undefined: as they come. */
  readonly segmentBytes?: number
}

export interface RunningProxy {
  readonly port: number
  /** Resolves when its sockets are closed. */
  stop(): Promise<void>
}

/** A proxy before a server on loopback that changes the shape of the server's records, and nothing else. */
export async function startReframeProxy(upstreamPort: number, framing: Framing): Promise<RunningProxy> {
  const sockets = new Set<Socket>()
  const proxy = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: upstreamPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    const reframer = new Reframer(framing)
    const sender = new SegmentSender(client, framing)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    client.on('data', (bytes) => upstream.write(bytes))
    client.on('end', () => upstream.end())
    client.on('close', () => upstream.destroy())
    upstream.on('data', (bytes) => sender.send(reframer.push(bytes)))
    upstream.on('end', () => {
      sender.send(reframer.end())
      sender.end()
    })
    upstream.on('close', (failed) => failed && client.resetAndDestroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    stop: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Each segment in a turn of its own: writes of one turn leave together. */
class SegmentSender {
  readonly #socket: Socket
  readonly #framing: Framing
  #last: Promise<void> = Promise.resolve()

  constructor(socket: Socket, framing: Framing) {
    this.#socket = socket
    this.#framing = framing
  }

  send(bytes: Buffer): void {
    for (const segment of segmentsOf(bytes, this.#framing.segmentBytes)) {
      this.#last = this.#last.then(
        () => new Promise((resolve) => this.#socket.write(segment, () => setImmediate(resolve))),
      )
    }
  }

  end(): void {
    this.#last = this.#last.then(() => void this.#socket.end())
  }
}

function segmentsOf(bytes: Buffer, segmentBytes = Math.max(1, bytes.length)): Buffer[] {
  const segments: Buffer[] = []
  for (let at = 0; at < bytes.length; at += segmentBytes) segments.push(bytes.subarray(at, at + segmentBytes))
  return segments
}
