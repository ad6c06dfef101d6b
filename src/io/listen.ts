import { createServer, type Server, type Socket } from 'node:net'

export interface ListenOptions {
  /** Addresses to listen on, all with the same port. Those the machine does not have are left out. */
  readonly hosts: readonly string[]
  /** 0: any free port. */
  readonly port: number
}

export const loopback: ListenOptions = { hosts: ['127.0.0.1', '::1'], port: 0 }

/** A server at its addresses. */
export interface Listening {
  readonly port: number
  /** The addresses it really listens on, in the order asked. */
  readonly addresses: readonly string[]
  /** Ends every connection and frees the port. */
  close(): Promise<void>
}

const MISSING_ADDRESS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT'])
const PORT_TRIES = 10

/**
 * Accepts TCP on every address of `hosts` and hands each socket to `accept`, so that one TLS server answers
 * on several addresses without listening on the wildcard. Throws the system's error (`EADDRINUSE`, `EACCES`)
 * when a port was asked for and is not to be had, or when no address is.
 */
export async function listen(
  accept: (socket: Socket) => void,
  { hosts, port }: ListenOptions,
): Promise<Listening> {
  for (let tries = 1; ; tries++) {
    try {
      return await listenOnce(accept, hosts, port)
    } catch (error) {
      // A free port of the first address may be taken on the second: try another.
      const another = port === 0 && codeOf(error) === 'EADDRINUSE' && tries < PORT_TRIES
      if (!another) throw error
    }
  }
}

async function listenOnce(
  accept: (socket: Socket) => void,
  hosts: readonly string[],
  askedPort: number,
): Promise<Listening> {
  const doors: { readonly address: string; readonly server: Server }[] = []
  const sockets = new Set<Socket>()
  let port = askedPort
  let missing: unknown
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    await Promise.all(doors.map(({ server }) => new Promise((done) => server.close(done))))
  }
  for (const address of hosts) {
    // Heads and bodies leave as written: with Nagle's algorithm each range would wait for a delayed ACK.
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      // A client that goes away is no fault of the server's.
      socket.on('error', () => socket.destroy())
      accept(socket)
    })
    try {
      port = await bind(server, address, port)
      doors.push({ address, server })
    } catch (error) {
      if (!MISSING_ADDRESS.has(codeOf(error) ?? '')) {
        await close()
        throw error
      }
      missing = error
    }
  }
  if (doors.length === 0) throw missing
  return { port, addresses: doors.map(({ address }) => address), close }
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, ipv6Only: true }, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
