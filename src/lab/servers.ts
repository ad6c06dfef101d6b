import type { Listening, ListenOptions } from '../io/listen.ts'
import { seededBytes } from '../issue/seeded-bytes.ts'
import type { CaseOptions } from './case.ts'
import type { HostedFile } from './file-host.ts'

/** The servers of one case: opened one after the other, closed together. */
export class Servers {
  readonly #hosts: readonly string[]
  readonly #open: Listening[] = []
  #nextPort: number

  constructor({ hosts, port }: Pick<CaseOptions, 'hosts' | 'port'>) {
    this.#hosts = hosts
    this.#nextPort = port
  }

  /** Opens one more, on the next port; `hosts` where it is not to listen like the others. */
  async add(
    open: (listen: ListenOptions) => Promise<Listening>,
    hosts: readonly string[] = this.#hosts,
  ): Promise<ServerAddress> {
    try {
      const listening = await open({ hosts, port: this.#nextPort })
      if (this.#nextPort !== 0) this.#nextPort = listening.port + 1
      this.#open.push(listening)
      return { host: listening.addresses[0] ?? '127.0.0.1', port: listening.port }
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((listening) => listening.close()))
  }
}

export interface ServerAddress {
  readonly host: string
  readonly port: number
}

const FIRMWARE_BYTES = 256 * 1024

/** A firmware image of 256 KiB, the same in every run. */
export function firmware(headers: HostedFile['headers']): HostedFile {
  return {
    body: seededBytes('firmware', FIRMWARE_BYTES),
    contentType: 'application/octet-stream',
    headers,
  }
}

/** What a blob service adds to each answer. */
export const blobHeaders = [
  ['Server', 'Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0'],
  ['x-ms-version', '2022-11-02'],
  ['x-ms-blob-type', 'BlockBlob'],
] as const
