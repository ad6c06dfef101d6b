import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatPem } from '../../src/x509/pem.ts'
import { type Made, OpensslPki } from '../support/openssl-pki.ts'
import { freePort, type PeerProcess, startPeer } from '../support/peer-process.ts'

const ca = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign']

/** A root, an intermediate, leaves, and `openssl s_server`s that send them; for tests of the referee clients. */
export class RefereeRange {
  readonly pki = new OpensslPki()
  readonly root = this.pki.make({ subject: '/CN=Root', extensions: ca })
  readonly stranger = this.pki.make({ subject: '/CN=Stranger', extensions: ca })
  readonly intermediate = this.pki.make({ subject: '/CN=Intermediate', extensions: ca }, this.root)
  readonly leaf = this.leafOf(['a.test'])
  /** With the intermediate, its Certificate message is a little over 7,000 bytes. */
  readonly heavyLeaf = this.leafOf(['a.test', ...heavyNames])
  readonly #servers: PeerProcess[] = []

  leafOf(names: readonly string[], key = 'P-256'): Made {
    const altNames = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`
    return this.pki.make({ subject: '/CN=leaf', key, extensions: [altNames] }, this.intermediate)
  }

  /** A PEM file. */
  file(name: string, ...certificates: readonly Made[]): string {
    const path = join(this.pki.folder, name)
    writeFileSync(path, certificates.map(({ certificate }) => formatPem(certificate.der)).join(''))
    return path
  }

  /** Port of a server that sends `chain`, leaf first, and answers requests with a page of some kilobytes. */
  async serve(chain: readonly Made[], ...more: readonly string[]): Promise<number> {
    const port = await freePort()
    const [leaf, ...others] = chain
    const name = `${port}-${leaf!.certificate.sha256.slice(0, 8)}`
    const rest = others.length > 0 ? ['-cert_chain', this.file(`${name}-rest.pem`, ...others)] : []
    const args = ['s_server', '-accept', `127.0.0.1:${port}`, '-www', '-quiet', ...rest, ...more]
    const identity = ['-cert', this.file(`${name}.pem`, leaf!), '-key', leaf!.keyFile]
    this.#servers.push(await startPeer('openssl', [...args, ...identity], port))
    return port
  }

  async end(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()))
    this.pki.remove()
  }
}

const heavyNames = Array.from(
  { length: 120 },
  (_, at) => `name-${at}.a-rather-long-subdomain-for-weight.example.test`,
)
