import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Files of a chain that Debian's openssl has made: PEM paths, leaf first in `chain`. */
export interface OpensslChain {
  readonly folder: string
  readonly root: string
  /** Leaf, then the intermediate when there is one. */
  readonly chain: string
  readonly leaf: string
  readonly intermediates: string
  readonly key: string
  /** Key and chain in one file, as HAProxy wants it. */
  readonly bundle: string
  remove(): void
}

export interface ChainWish {
  /** Names on the leaf beside `localhost` and 127.0.0.1; 60 of them weigh some 2.5 kB. */
  readonly extraNames?: number
  /** RSA bits of leaf, intermediate and root; `ec` for P-256 throughout. */
  readonly keys?: 'ec' | readonly [leaf: number, intermediate: number, root: number]
}

/** Root, intermediate and leaf, made by the openssl command in a new temporary folder. */
export function makeChain(wish: ChainWish = {}): OpensslChain {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-chain-'))
  const at = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const newKey = (bits: number) =>
    wish.keys === 'ec' || wish.keys === undefined
      ? ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
      : ['-newkey', `rsa:${bits}`, '-nodes']
  const [leafBits, intermediateBits, rootBits] = Array.isArray(wish.keys) ? wish.keys : [2048, 2048, 2048]

  const names = ['DNS:localhost', 'DNS:127.0.0.1', 'IP:127.0.0.1', 'IP:::1']
  for (let i = 0; i < (wish.extraNames ?? 0); i++) names.push(`DNS:account-${i}.blob.storage.example.test`)
  writeFileSync(
    at('extensions.cnf'),
    [
      '[leaf]',
      'basicConstraints=critical,CA:FALSE',
      'extendedKeyUsage=serverAuth',
      `subjectAltName=${names.join(',')}`,
      '[ca]',
      'basicConstraints=critical,CA:TRUE',
      'keyUsage=critical,keyCertSign,cRLSign',
    ].join('\n'),
  )
  openssl(
    ...['req', '-x509', ...newKey(rootBits), '-keyout', 'root.key', '-out', 'root.pem', '-days', '3650'],
    ...['-subj', '/O=tlsfit tests/CN=Test Root', '-extensions', 'v3_ca'],
  )
  const issue = (name: string, subject: string, bits: number, issuer: string, section: string) => {
    openssl('req', '-new', ...newKey(bits), '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject)
    openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`],
      ...['-CAcreateserial', '-days', '90', '-out', `${name}.pem`],
      ...['-extfile', 'extensions.cnf', '-extensions', section],
    )
  }
  issue('intermediate', '/O=tlsfit tests/CN=Test Issuing CA', intermediateBits, 'root', 'ca')
  issue('leaf', '/O=tlsfit tests/CN=localhost', leafBits, 'intermediate', 'leaf')
  const read = (name: string) => readFileSync(at(name), 'utf8')
  writeFileSync(at('chain.pem'), read('leaf.pem') + read('intermediate.pem'))
  writeFileSync(at('bundle.pem'), read('leaf.key') + read('chain.pem'))
  return {
    folder,
    root: at('root.pem'),
    chain: at('chain.pem'),
    leaf: at('leaf.pem'),
    intermediates: at('intermediate.pem'),
    key: at('leaf.key'),
    bundle: at('bundle.pem'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
