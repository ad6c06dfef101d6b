import type { Socket } from 'node:net'

/** What was asked of the network: TCP connections that were opened, and bytes of their payload. */
export interface TrafficCount {
  readonly connections: number
  readonly bytesSent: number
  readonly bytesReceived: number
}

/** Counts the traffic of sockets, those that are still open included. */
export class Traffic {
  readonly #open = new Set<Socket>()
  #connections = 0
  #bytesSent = 0
  #bytesReceived = 0

  /** A socket that is connected. */
  watch(socket: Socket): void {
    this.#connections++
    this.#open.add(socket)
    socket.once('close', () => {
      this.#open.delete(socket)
      this.#bytesSent += socket.bytesWritten
      this.#bytesReceived += socket.bytesRead
    })
  }

  count(): TrafficCount {
    let [bytesSent, bytesReceived] = [this.#bytesSent, this.#bytesReceived]
    for (const socket of this.#open) {
      bytesSent += socket.bytesWritten
      bytesReceived += socket.bytesRead
    }
    return { connections: this.#connections, bytesSent, bytesReceived }
  }
}
