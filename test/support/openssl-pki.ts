import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Certificate } from '../../src/x509/certificate.ts'
import { formatPem, parseCertificates } from '../../src/x509/pem.ts'

/** How a certificate is to be made; `extensions` are lines of an openssl extension section. */
export interface Wish {
  readonly subject: string
  /** `rsa:2048`, `rsa:1024`, `P-256`, `ed25519`, … */
  readonly key?: string
  readonly extensions?: readonly string[]
  readonly digest?: string
}

export interface Made {
  readonly certificate: Certificate
  readonly keyFile: string
}

/** A certificate authority on the openssl command, in a temporary folder. Keys of one kind are made once a name. */
export class OpensslPki {
  readonly folder = mkdtempSync(join(tmpdir(), 'tlsfit-pki-'))
  readonly #keys = new Map<string, string>()
  #files = 0

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** `issuer` undefined: self-signed. Valid for ten years from now. */
  make(wish: Wish, issuer?: Made): Made {
    const keyFile = this.#key(wish.key ?? 'P-256', wish.subject)
    const request = this.#file('csr')
    this.#openssl('req', '-new', '-key', keyFile, '-subj', wish.subject, '-out', request)
    const section = this.#file('ext', (wish.extensions ?? []).join('\n'))
    const signer =
      issuer === undefined
        ? ['-key', keyFile]
        : ['-CA', this.#file('pem', formatPem(issuer.certificate.der)), '-CAkey', issuer.keyFile]
    const digest = wish.digest === undefined ? [] : [`-${wish.digest}`]
    const serial = String(++this.#files)
    const pem = this.#openssl(
      ...['x509', '-req', '-in', request, ...signer, ...digest, '-days', '3650'],
      ...['-set_serial', serial, '-extfile', section],
    )
    return { certificate: parseCertificates(pem, wish.subject)[0]!, keyFile }
  }

  /**
   * `openssl verify` for a TLS server: undefined when it accepts, its words when it does not. `host` may be an address.
   */
  verify(
    sent: readonly Certificate[],
    anchors: readonly Certificate[],
    host: string,
    at: Date,
  ): string | undefined {
    const leaf = this.#file('pem', formatPem(sent[0]!.der))
    const rest = this.#file(
      'pem',
      sent
        .slice(1)
        .map(({ der }) => formatPem(der))
        .join(''),
    )
    const trusted = this.#file('pem', anchors.map(({ der }) => formatPem(der)).join(''))
    const name = /^[\d.]+$|:/.test(host) ? ['-verify_ip', host] : ['-verify_hostname', host]
    const untrusted = sent.length > 1 ? ['-untrusted', rest] : []
    try {
      this.#openssl(
        ...[
          'verify',
          '-no-CApath',
          '-no-CAstore',
          '-CAfile',
          trusted,
          '-partial_chain',
          '-purpose',
          'sslserver',
        ],
        ...[...name, ...untrusted, '-attime', String(Math.floor(at.getTime() / 1_000)), leaf],
      )
      return undefined
    } catch (error) {
      return String((error as { stderr?: Buffer }).stderr ?? error)
    }
  }

  #key(kind: string, owner: string): string {
    const known = this.#keys.get(`${kind} ${owner}`)
    if (known !== undefined) return known
    const file = this.#file('key')
    const [algorithm, bits] = kind.split(':')
    const options =
      algorithm === 'rsa'
        ? ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`]
        : algorithm === 'ed25519'
          ? ['-algorithm', 'ED25519']
          : ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${kind}`]
    this.#openssl('genpkey', ...options, '-out', file)
    this.#keys.set(`${kind} ${owner}`, file)
    return file
  }

  #file(ending: string, content?: string): string {
    const path = join(this.folder, `${++this.#files}.${ending}`)
    if (content !== undefined) writeFileSync(path, `${content}\n`)
    return path
  }

  #openssl(...args: string[]): Buffer {
    return execFileSync('openssl', args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] })
  }
}
