import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Runs `openssl` to its end and returns its output. */
export function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

/** A folder for one test file; `remove` when done. */
export class Scratch {
  readonly folder = mkdtempSync(join(tmpdir(), 'tlsfit-'))

  path(name: string): string {
    return join(this.folder, name)
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  write(name: string, bytes: Uint8Array): void {
    writeFileSync(this.path(name), bytes)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }

  /** A self-signed certificate `NAME.pem` with its key `NAME.key`; `key` as `openssl req -newkey` takes it. */
  selfSigned(name: string, key: readonly string[], ...more: string[]): void {
    const files = ['-keyout', this.path(`${name}.key`), '-out', this.path(`${name}.pem`)]
    openssl(
      'req',
      '-x509',
      '-nodes',
      '-newkey',
      ...key,
      '-subj',
      `/CN=${name}`,
      '-days',
      '30',
      ...files,
      ...more,
    )
  }
}

/** DER of the first certificate of a PEM text. */
export function derOf(pem: string): Uint8Array {
  const body = /-----BEGIN CERTIFICATE-----([^-]+)-----END/.exec(pem)?.[1] ?? ''
  return Uint8Array.from(Buffer.from(body, 'base64'))
}

export interface Server {
  readonly port: number
  stop(): void
}

/** `openssl s_server` on a free port of 127.0.0.1, reversing each line that it is sent. */
export function startServer(args: readonly string[]): Promise<Server> {
  const child = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', '-rev', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  return new Promise((resolve, reject) => {
    let output = ''
    const read = (chunk: Buffer): void => {
      output += chunk
      const port = /ACCEPT 127\.0\.0\.1:(\d+)/.exec(output)?.[1]
      if (port !== undefined) resolve({ port: Number(port), stop: () => child.kill() })
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`openssl s_server ended with ${code}: ${output}`)))
  })
}
