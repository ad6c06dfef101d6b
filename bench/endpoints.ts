import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  subjectAltName,
} from '../src/issue/certificate-extensions.ts'
import { type IssuedCertificate, issueCertificate } from '../src/issue/issue-certificate.ts'
import { joinPem } from '../src/lab/chains.ts'
import { processKeys } from '../src/lab/keys.ts'

/** A real TLS server on loopback, with an RSA chain for localhost. */
export interface Endpoint {
  readonly server: string
  readonly port: number
}

export interface Endpoints {
  readonly endpoints: readonly Endpoint[]
  /** File of the root, PEM. */
  readonly root: string
  close(): Promise<void>
}

/** nginx and openssl s_server, each with the same leaf, issuing CA and key, TLS 1.2 and 1.3. */
export async function openEndpoints(): Promise<Endpoints> {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-bench-check-'))
  const running: ChildProcess[] = []
  const close = async () => {
    const ended = running.map((child) => new Promise((resolve) => child.once('exit', resolve)))
    for (const child of running) child.kill('SIGTERM')
    await Promise.all(ended)
    rmSync(folder, { recursive: true, force: true })
  }
  const start = async (port: number, program: string, args: readonly string[]): Promise<void> => {
    running.push(spawn(program, args, { stdio: 'ignore', cwd: folder }))
    await untilOpen(port)
  }
  try {
    await writeChain(folder)
    const [nginx, openssl] = [await freePort(), await freePort()]
    writeFileSync(join(folder, 'nginx.conf'), nginxConf(folder, nginx))
    await start(nginx, '/usr/sbin/nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder, '-e', 'stderr'])
    const files = ['-cert', 'leaf.pem', '-cert_chain', 'chain.pem', '-key', 'key.pem']
    await start(openssl, 'openssl', [
      's_server',
      '-accept',
      `127.0.0.1:${openssl}`,
      ...files,
      '-www',
      '-quiet',
    ])
    const endpoints = [
      { server: 'nginx', port: nginx },
      { server: 'openssl s_server', port: openssl },
    ]
    return { endpoints, root: join(folder, 'root.pem'), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function writeChain(folder: string): Promise<void> {
  const [rootKey, caKey, leafKey] = await Promise.all(
    ['bench root', 'bench CA', 'bench leaf'].map((role) => processKeys.take('rsa-2048', role)),
  )
  const common = {
    hash: 'sha256',
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 90 * 86_400_000),
    serialBytes: 16,
    keyIds: true,
  } as const
  const ca = [basicConstraints(true), keyUsage('keyCertSign', 'cRLSign')]
  const root = issueCertificate({
    ...common,
    subject: [['CN', 'Bench root']],
    key: rootKey!,
    issuer: undefined,
    extensions: ca,
    seed: 'bench root',
  })
  const issuing = issueCertificate({
    ...common,
    subject: [['CN', 'Bench issuing CA']],
    key: caKey!,
    issuer: root,
    extensions: ca,
    seed: 'bench CA',
  })
  const leaf = issueCertificate({
    ...common,
    subject: [['CN', 'localhost']],
    key: leafKey!,
    issuer: issuing,
    extensions: [
      basicConstraints(false),
      keyUsage('digitalSignature', 'keyEncipherment'),
      extendedKeyUsage('serverAuth'),
      subjectAltName(['localhost']),
    ],
    seed: 'bench leaf',
  })
  const write = (name: string, certificates: readonly IssuedCertificate[]) =>
    writeFileSync(join(folder, name), joinPem(certificates))
  write('root.pem', [root])
  write('leaf.pem', [leaf])
  write('chain.pem', [leaf, issuing])
  writeFileSync(join(folder, 'key.pem'), leafKey!.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
}

function nginxConf(folder: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ')
  return `daemon off; master_process off; user root; pid ${folder}/nginx.pid; error_log /dev/null;
events {}
http {
  access_log off; ${temporary}
  server {
    listen 0.0.0.0:${port} ssl backlog=4096;
    ssl_certificate ${folder}/chain.pem; ssl_certificate_key ${folder}/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
    location / { return 200 "hello"; }
  }
}
`
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

async function untilOpen(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nothing listens on ${port}`)
}
