import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** `close`: the connection ends without an answer. `stall`: nothing comes, until the receiver stops. */
export type Answering =
  | 'close'
  | 'stall'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }

/** A server on loopback that takes what channels post. */
export interface AlertReceiver {
  readonly url: string
  readonly port: number
  readonly received: readonly Received[]
  /** The next that has not been asked for, once it is there. */
  next(): Promise<Received>
  /** Answers of those to come, one each; after them 204. */
  answer(...answers: readonly Answering[]): void
  stop(): Promise<void>
}

export async function alertReceiver(): Promise<AlertReceiver> {
  const received: Received[] = []
  const answers: Answering[] = []
  const waiting: ((one: Received) => void)[] = []
  let asked = 0
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const one = { path: request.url ?? '', headers: request.headers, body }
    received.push(one)
    const answering = answers.shift() ?? { status: 204 }
    if (answering === 'close') request.socket.destroy()
    else if (answering !== 'stall')
      response.writeHead(answering.status, answering.headers).end(answering.body)
    waiting.shift()?.(one)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    received,
    next: () => {
      const there = received[asked++]
      return there === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(there)
    },
    answer: (...more) => void answers.push(...more),
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
