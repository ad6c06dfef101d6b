import { createServer, type Server } from 'node:http'
import { listenAddress } from '../gateway-config.ts'

const PREFIX = '/.well-known/acme-challenge/'

/** Answers http-01 challenges, RFC 8555 §8.3, for as long as an order takes, and nothing else. */
export class ChallengeServer {
  readonly #server: Server
  readonly #answers = new Map<string, string>()

  /** Rejects with the system's error where it cannot listen. */
  static open(listen: string): Promise<ChallengeServer> {
    const challenges = new ChallengeServer()
    const { host, port } = listenAddress(listen)
    return new Promise((resolve, reject) => {
      challenges.#server.once('error', reject)
      // [::] takes IPv4 as well: CAs come by either.
      challenges.#server.listen({ host, port }, () => {
        challenges.#server.off('error', reject)
        challenges.#server.on('error', () => {})
        resolve(challenges)
      })
    })
  }

  private constructor() {
    this.#server = createServer({ maxHeaderSize: 8_192, requestTimeout: 10_000 }, (request, response) => {
      const path = request.url ?? ''
      const answer = path.startsWith(PREFIX) ? this.#answers.get(path.slice(PREFIX.length)) : undefined
      response.writeHead(answer === undefined ? 404 : 200, { 'Content-Type': 'application/octet-stream' })
      response.end(answer ?? '')
    })
    this.#server.maxConnections = 64
  }

  add(token: string, answer: string): void {
    this.#answers.set(token, answer)
  }

  remove(token: string): void {
    this.#answers.delete(token)
  }

  close(): Promise<void> {
    const closed = new Promise<void>((done) => this.#server.close(() => done()))
    this.#server.closeAllConnections()
    return closed
  }
}
