import type { TLSSocket } from 'node:tls'

/** What the broker answered to CONNECT. */
export interface ConnackToReplay {
  readonly returnCode: number
  readonly sessionPresent: boolean
  /** 5 has properties, and so an empty list of them. */
  readonly level: number
}

/** CONNACK, MQTT 3.1.1 §3.2 and MQTT 5 §3.2, after the whole first packet. A broker that refuses closes then. */
export function replayMqtt(socket: TLSSocket, { returnCode, sessionPresent, level }: ConnackToReplay): void {
  let packet = Buffer.alloc(0)
  let answered = false
  socket.on('data', (chunk: Buffer) => {
    if (answered) return
    packet = Buffer.concat([packet, chunk])
    const bytes = packetBytes(packet)
    if (bytes === 'malformed') {
      socket.destroy()
      return
    }
    if (bytes === undefined || packet.length < bytes) return
    answered = true
    const body = [sessionPresent ? 1 : 0, returnCode, ...(level >= 5 ? [0] : [])]
    socket.write(Uint8Array.of(0x20, body.length, ...body))
    if (returnCode !== 0) socket.end()
  })
}

const MAX_PACKET_BYTES = 65_536

/** Fixed header and Remaining Length, MQTT 3.1.1 §2.2.3. */
function packetBytes(packet: Buffer): number | 'malformed' | undefined {
  let length = 0
  for (let at = 1; at <= 4; at++) {
    const byte = packet[at]
    if (byte === undefined) return undefined
    length += (byte & 0x7f) * 128 ** (at - 1)
    if (byte < 0x80) return length > MAX_PACKET_BYTES ? 'malformed' : at + 1 + length
  }
  return 'malformed'
}
