import { randomBytes } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import type { Identity } from '../front/front.ts'
import { heldAnchors, hostOf } from '../gateway/admission.ts'
import { frontRulesOf } from '../gateway/front-rules.ts'
import { type GatewayConfig, listenAddress, parseGatewayConfig, pathIn } from '../gateway/gateway-config.ts'
import { type OrderIdentities, openIdentities } from '../gateway/identities/identities.ts'
import { readRoots } from '../gateway/identities/read-roots.ts'
import { readConfig } from '../gateway/load-plan.ts'
import { makeFolders } from '../io/make-folders.ts'
import { armour } from '../issue/der.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import type { EmitFiles, IdentityPaths, ListenerFiles } from './emitted.ts'

/** What another proxy's configuration needs beside its text, written to the state folder. */
export interface EmitPlan {
  readonly config: GatewayConfig
  readonly files: EmitFiles
  /** Words after `tlsfit check` that look at each listener as each named device. */
  readonly checks: readonly (readonly string[])[]
}

export interface EmitWish {
  readonly now: Date
  readonly order: OrderIdentities
  readonly knownRoots: readonly KnownRoot[]
}

/**
 * Reads a configuration and writes the files that an emitted one names, each whole or not at all, keys for their owner
 * only. Throws `DataFileError`, `IdentityError`, `FrontError`, `InputError` or the system's error.
 */
export async function planEmit(file: string, wish: EmitWish): Promise<EmitPlan> {
  const config = parseGatewayConfig(await readConfig(file), file)
  const shown = await openIdentities(config, wish.now, wish.order)
  const folder = join(pathIn(config, config.state), 'emit')
  await makeFolders(folder, 0o700)
  const identities = new Map<string, ListenerFiles>()
  const checks: string[][] = []
  for (const listener of config.listeners) {
    const { identities: own, ownAnchors } = shown.get(listener.name)!
    // The same checks as for the gateway: a CA of clients that cannot be read is told here and not by the proxy.
    const rules = frontRulesOf(config, listener, own)
    identities.set(listener.name, {
      ecdsa: own.ecdsa && (await writeIdentity(folder, `${listener.name}-ecdsa`, own.ecdsa)),
      rsa: own.rsa && (await writeIdentity(folder, `${listener.name}-rsa`, own.rsa)),
      clientCa: listener.clientCertificates && pathIn(config, listener.clientCertificates.ca),
    })
    const held = heldAnchors({ config, listener, ownAnchors, knownRoots: wish.knownRoots })
    if (held.length === 0) continue
    const anchors = join(folder, `${listener.name}-held.pem`)
    await write(
      anchors,
      held.map(({ certificate }) => armour('CERTIFICATE', certificate.der)).join(''),
      0o644,
    )
    const { port } = listenAddress(listener.listen[0]!)
    const path = listener.protocol === 'https' ? (listener.routes[0]?.path.replace('*', 'FILE') ?? '/') : ''
    const url = `${listener.protocol}://${hostOf(listener, rules)}${path}`
    for (const device of listener.devices) {
      checks.push([url, '--device', device, '--anchor', anchors, '--connect', `127.0.0.1:${port}`])
    }
  }
  const publicRoots = join(folder, 'public-roots.pem')
  const all = `${rootCertificates.join('\n')}\n`
  await write(publicRoots, all, 0o644)
  const upstreamRoots = new Map<string, string>()
  for (const [name, { ca }] of Object.entries(config.upstreams)) {
    const path = join(folder, `${name}-roots.pem`)
    await write(
      path,
      ca === undefined ? all : `${all}${readRoots(pathIn(config, ca), 'ca of an upstream')}`,
      0o644,
    )
    upstreamRoots.set(name, path)
  }
  return { config, files: { identities, publicRoots, upstreamRoots, folder }, checks }
}

async function writeIdentity(
  folder: string,
  name: string,
  { certPem, keyPem }: Identity,
): Promise<IdentityPaths> {
  const paths = {
    chain: join(folder, `${name}-chain.pem`),
    key: join(folder, `${name}-key.pem`),
    both: join(folder, `${name}.pem`),
  }
  const end = (pem: string) => `${pem.trimEnd()}\n`
  await write(paths.chain, end(certPem), 0o644)
  await write(paths.key, end(keyPem), 0o600)
  await write(paths.both, end(certPem) + end(keyPem), 0o600)
  return paths
}

async function write(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(temporary, text, { mode, flag: 'wx' })
  await rename(temporary, path)
}
