import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatPem } from '../../src/x509/pem.ts'
import { type Made, OpensslPki, type Wish } from '../support/openssl-pki.ts'
import { freePort, type PeerProcess, startPeer } from '../support/peer-process.ts'

/** A root, an intermediate, leaves, and `openssl s_server`s that send them; for tests of the referee clients. */
export class RefereeRange {
  readonly pki = new OpensslPki()
  readonly root = this.ca('Root', undefined)
  readonly stranger = this.ca('Stranger', undefined)
  readonly intermediate = this.ca('Intermediate', this.root)
  readonly leaf = this.leafOf(['a.test'])
  /** With the intermediate, its Certificate message is a little over 7,000 bytes. */
  readonly heavyLeaf = this.leafOf(['a.test', ...heavyNames])
  readonly #servers: PeerProcess[] = []

  /** Signs with RSA, so what it issues is of the same size each time. */
  readonly rsaRoot = this.ca('RSA root', undefined, 'rsa:2048')
  readonly rsaLeaf = this.leafOf(['a.test'], { key: 'rsa:2048' }, this.rsaRoot)

  constructor() {
    writeFileSync(join(this.pki.folder, 'small.txt'), 'x'.repeat(1_000))
    writeFileSync(join(this.pki.folder, 'large.txt'), 'x'.repeat(40_000))
  }

  leafOf(names: readonly string[], wish: Partial<Wish> = {}, issuer = this.intermediate): Made {
    const altNames = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`
    return this.pki.make({ subject: '/CN=leaf', extensions: [altNames], ...wish }, issuer)
  }

  ca(name: string, issuer: Made | undefined, key = 'P-256', moreUsages: readonly string[] = []): Made {
    const usages = ['keyCertSign', 'cRLSign', ...moreUsages].join(',')
    const extensions = ['basicConstraints=critical,CA:TRUE', `keyUsage=critical,${usages}`]
    return this.pki.make({ subject: `/CN=${name}`, key, extensions }, issuer)
  }

  /** A leaf under `rsaRoot` that makes a Certificate message of exactly that size, its header included. */
  leafOfMessage(bytes: number): Made {
    let padding = bytes - 600
    for (let tries = 0; tries < 5; tries++) {
      const leaf = this.leafOf(['a.test', ...namesOf(padding)], {}, this.rsaRoot)
      const lacking = bytes - certificateMessageBytes([leaf])
      if (lacking === 0) return leaf
      padding += lacking
    }
    throw new Error(`no leaf of ${bytes} bytes was found`)
  }

  /** A PEM file. */
  file(name: string, ...certificates: readonly Made[]): string {
    const path = join(this.pki.folder, name)
    writeFileSync(path, certificates.map(({ certificate }) => formatPem(certificate.der)).join(''))
    return path
  }

  /** Port of a server that sends `chain`, leaf first, and has `/small.txt` and `/large.txt`; records up to 16 kB. */
  async serve(chain: readonly Made[], ...more: readonly string[]): Promise<number> {
    const port = await freePort()
    const [leaf, ...others] = chain
    const rest = others.length > 0 ? ['-cert_chain', this.file(`${port}-rest.pem`, ...others)] : []
    const identity = ['-cert', this.file(`${port}.pem`, leaf!), '-key', leaf!.keyFile, ...rest]
    const args = ['s_server', '-accept', `127.0.0.1:${port}`, '-WWW', '-quiet', ...identity, ...more]
    // -WWW serves the folder that it runs in.
    const inFolder = ['-c', 'cd "$0" && exec openssl "$@"', this.pki.folder, ...args]
    this.#servers.push(await startPeer('bash', inFolder, port))
    return port
  }

  async end(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()))
    this.pki.remove()
  }
}

/** Of a TLS 1.2 Certificate message with its header, RFC 5246 §7.4.2. */
function certificateMessageBytes(chain: readonly Made[]): number {
  return chain.reduce((sum, { certificate }) => sum + 3 + certificate.der.length, 4 + 3)
}

/** DNS names that take that many bytes in a subjectAltName, tags and lengths included. */
function namesOf(bytes: number): string[] {
  const wholeNames = Math.floor(bytes / 60) - 1
  const last = bytes - wholeNames * 60
  return [...Array<number>(wholeNames).fill(60), last].map((size) => `${'n'.repeat(size - 7)}.test`)
}

const heavyNames = Array.from(
  { length: 120 },
  (_, at) => `name-${at}.a-rather-long-subdomain-for-weight.example.test`,
)
