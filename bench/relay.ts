import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

export const ANSWER_MS = 100

/** In a process of its own: that of the bench is started again as `relay PORT`. */
export async function openRelay(port: number): Promise<{ child: ChildProcess; relayPort: number }> {
  const child = spawn(process.execPath, [process.argv[1] ?? '', 'relay', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = await once(child.stdout, 'data')
  return { child, relayPort: Number(said) }
}

/** Holds each new connection back, then hands it on. */
export function relay(port: number): void {
  const server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
    socket.on('error', () => {})
    setTimeout(() => {
      const upstream = connect({ port, host: '127.0.0.1', noDelay: true })
      upstream.on('error', () => socket.destroy())
      socket.on('close', () => upstream.destroy())
      socket.pipe(upstream).pipe(socket)
    }, ANSWER_MS)
  })
  server.listen({ port: 0, host: '0.0.0.0', backlog: 4096 }, () => {
    const address = server.address()
    console.log(typeof address === 'object' ? address?.port : '')
  })
}
