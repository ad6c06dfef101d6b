import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { peer } from './peer.ts'
import { freePort, type PeerProcess, startPeer } from './peer-process.ts'
import { small } from './small-pki.ts'

const pebble = peer('pebble')
const challtestsrv = peer('pebble-challtestsrv')

export const hasPebble = pebble !== undefined && challtestsrv !== undefined

/** A CA with ACME (RFC 8555) for the names under `.test`, all of which lead to 127.0.0.1. */
export interface Pebble {
  /** Of its HTTPS, whose certificate is for localhost and under `root.pem` of the folder. */
  readonly port: number
  stop(): Promise<void>
}

/** `challengePort`: where it asks for http-01. */
export async function startPebble(folder: string, challengePort: number): Promise<Pebble> {
  const at = (name: string) => join(folder, name)
  const notAfter = '2036-01-01T00:00:00Z'
  const root = small({ name: 'ACME test root', ca: true, notAfter })
  const server = small({ name: 'localhost', issuer: root, altNames: ['localhost', '127.0.0.1'], notAfter })
  writeFileSync(at('root.pem'), root.issued.pem)
  writeFileSync(at('server.pem'), server.issued.pem)
  writeFileSync(at('server.key'), server.issued.key.export({ type: 'pkcs8', format: 'pem' }))
  const [port, management, dns, manager] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
  const config = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: at('server.pem'),
    privateKey: at('server.key'),
    httpPort: challengePort,
    tlsPort: await freePort(),
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
  }
  writeFileSync(at('pebble.json'), JSON.stringify({ pebble: config }))
  const names = ['-defaultIPv4', '127.0.0.1', '-defaultIPv6', '', '-dns01', `127.0.0.1:${dns}`]
  const off = ['-http01', '', '-https01', '', '-tlsalpn01', '']
  const peers: PeerProcess[] = []
  const start = async (command: string | undefined, args: readonly string[], on: number) => {
    peers.push(await startPeer(command as string, args, on))
  }
  await start(challtestsrv, [...names, ...off, '-management', `127.0.0.1:${manager}`], manager)
  process.env.PEBBLE_VA_NOSLEEP = '1'
  try {
    await start(pebble, ['-config', at('pebble.json'), '-dnsserver', `127.0.0.1:${dns}`], port)
  } finally {
    delete process.env.PEBBLE_VA_NOSLEEP
  }
  return {
    port,
    stop: async () => {
      for (const one of peers) await one.stop()
    },
  }
}
