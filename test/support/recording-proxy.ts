import { connect, createServer, type Socket } from 'node:net'
import type { Turn } from './ip-writer.ts'

/**
 * What both sides of the first connection said while `dial` talked to `port` of loopback, in order: `dial` is given the port of a relay. Taken
 * from the sockets, so that no right to capture is needed.
 */
export async function recordTurns(
  port: number,
  dial: (port: number) => Promise<unknown>,
  /** Told who ends the connection first. */
  onEnd: (side: 'client' | 'server') => void = () => {},
): Promise<Turn[]> {
  let ended = false
  const turns: Turn[] = []
  const sockets: Socket[] = []
  let connections = 0
  const relay = createServer({ noDelay: true }, (client) => {
    // Later ones are relayed and not kept: a dial may compare on connections of their own.
    const kept = connections++ === 0
    const server = connect({ port, host: '127.0.0.1', noDelay: true })
    sockets.push(client, server)
    for (const [from, to, side] of [
      [client, server, 'client'],
      [server, client, 'server'],
    ] as const) {
      from.on('data', (data) => {
        if (kept) turns.push({ from: side, data: Buffer.from(data) })
        to.write(data)
      })
      from.on('end', () => {
        if (kept && !ended) onEnd(side)
        if (kept) ended = true
        to.end()
      })
      from.on('error', () => to.destroy())
    }
  })
  const relayPort = await new Promise<number>((resolve) => {
    relay.listen(0, '127.0.0.1', () => resolve((relay.address() as { port: number }).port))
  })
  try {
    await dial(relayPort)
    await new Promise((resolve) => setTimeout(resolve, 50)) // the last bytes of the other side
  } finally {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => relay.close(resolve))
  }
  return turns
}
