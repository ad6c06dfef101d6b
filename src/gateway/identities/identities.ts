import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FrontRules } from '../../front/front.ts'
import { type LocalKeyType, openLocalCa } from '../../front/local-ca.ts'
import type { ListenerFile } from '../config-schema.ts'
import { type GatewayConfig, pathIn } from '../gateway-config.ts'
import { readIdentity } from './from-files.ts'

/** What a listener shows, and what devices must hold for it. */
export interface ListenerIdentities {
  readonly identities: FrontRules['identities']
  /** PEM of the gateway's own CAs, where it has issued this; empty for certificates from elsewhere. */
  readonly ownAnchors: readonly string[]
}

/** Where certificates come from that are neither the gateway's own nor files: ACME, in one process only. */
export type OrderIdentities = (
  listener: ListenerFile,
  config: GatewayConfig,
  now: Date,
) => Promise<FrontRules['identities']>

/**
 * The identities of every listener, by its name. Throws `IdentityError` or `FrontError`, whose message names file or
 * listener.
 */
export async function openIdentities(
  config: GatewayConfig,
  now: Date,
  order: OrderIdentities,
): Promise<ReadonlyMap<string, ListenerIdentities>> {
  const found = new Map<string, ListenerIdentities>()
  for (const listener of config.listeners)
    found.set(listener.name, await identitiesOf(listener, config, now, order))
  return found
}

async function identitiesOf(
  listener: ListenerFile,
  config: GatewayConfig,
  now: Date,
  order: OrderIdentities,
): Promise<ListenerIdentities> {
  const { own, files } = listener.certificate
  if (own !== undefined) return ownIdentities(own.rsa, config, now)
  if (files === undefined) return { identities: await order(listener, config, now), ownAnchors: [] }
  const at = (paths: { readonly chain: string; readonly key: string } | undefined) =>
    paths && { chain: pathIn(config, paths.chain), key: pathIn(config, paths.key) }
  const [ecdsa, rsa] = [at(files.ecdsa), at(files.rsa)]
  return {
    identities: {
      ecdsa: ecdsa && readIdentity(ecdsa, 'ecdsa', now),
      rsa: rsa && readIdentity(rsa, 'rsa', now),
    },
    ownAnchors: [],
  }
}

/**
 * One CA of each key type for the whole gateway, so that a device that holds it takes every listener, and one leaf with
 * the names of them all.
 */
async function ownIdentities(rsa: boolean, config: GatewayConfig, now: Date): Promise<ListenerIdentities> {
  const folder = ownCaFolder(config)
  const hosts = [...new Set(config.listeners.flatMap(({ certificate }) => certificate.own?.names ?? []))]
  const open = async (keyType: LocalKeyType) => {
    const ca = await openLocalCa({ folder, keyType, hosts, now })
    // For devices: the file of the CA itself holds its key.
    await writeFile(join(folder, `anchor-${keyType}.pem`), ca.caPem)
    return ca
  }
  const ecdsa = await open('p256')
  const twin = rsa ? await open('rsa-2048') : undefined
  return {
    identities: { ecdsa: ecdsa.identity, rsa: twin?.identity },
    ownAnchors: [ecdsa.caPem, ...(twin === undefined ? [] : [twin.caPem])],
  }
}

export function ownCaFolder(config: GatewayConfig): string {
  return join(pathIn(config, config.state), 'own-ca')
}
