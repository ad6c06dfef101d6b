import type { When } from '../trust/calendar.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { ChainRead, Leg, Scene } from './scene.ts'

/** Whether a change concerns what one host shows: all that `when` gives must hold. */
export function concerns(when: When, { leg }: Pick<Scene, 'leg'>): boolean {
  const chain = leg.chain
  const leaf = chain?.leaf
  if (chain === undefined || leaf === undefined) return false
  const { sends, leafIssuers, organization, roots, hosts, notHosts, leafKey } = when
  if (sends !== undefined && !sends.some((one) => sentAs(chain, one).length > 0)) return false
  if (leafIssuers !== undefined && !leafIssuers.includes(leaf.issuer.commonName ?? '')) return false
  if (organization !== undefined && !isIssuedBy(leaf, organization)) return false
  if (roots !== undefined && !endsInAll(chain, roots)) return false
  if (hosts !== undefined && !isHostOf(hosts, leg)) return false
  if (notHosts !== undefined && isHostOf(notHosts, leg)) return false
  if (leafKey !== undefined && leaf.publicKey.kind !== leafKey.toLowerCase()) return false
  return when.public !== true || chain.path.known.paths.length > 0
}

/** Positions of the certificates sent with these names. */
export function sentAs(
  { certificates }: Pick<ChainRead, 'certificates'>,
  { subject, issuer }: { readonly subject: string; readonly issuer: string },
): number[] {
  return certificates.flatMap((one, index) =>
    one?.subject.commonName === subject && one.issuer.commonName === issuer && index > 0 ? [index] : [],
  )
}

/** The anchors that the chain can end in for this device: those held, or else the public one that the verdict rests on. */
export function anchorsOf({ path }: Pick<ChainRead, 'path'>): Certificate[] {
  const { held, known, used, assumed } = path
  if (assumed && used !== undefined) return [used.anchor]
  const paths = held !== undefined && held.paths.length > 0 ? held.paths : known.paths
  return paths.map(({ anchor }) => anchor)
}

function endsInAll(chain: ChainRead, roots: readonly string[]): boolean {
  const anchors = anchorsOf(chain)
  if (anchors.length > 0) return anchors.every(({ subject }) => roots.includes(subject.commonName ?? ''))
  return roots.includes(chain.path.known.end?.neededIssuer.commonName ?? '')
}

function isIssuedBy({ issuer }: Certificate, organization: string): boolean {
  // A firm writes itself in more than one way: DigiCert Inc, and DigiCert, Inc.
  const bare = (name: string) => name.replace(/[.,]/g, '')
  return issuer.attributes.some(({ type, value }) => type === 'O' && bare(value) === bare(organization))
}

function isHostOf(patterns: readonly string[], { host }: Leg): boolean {
  const name = host?.toLowerCase().replace(/\.$/, '')
  if (name === undefined) return false
  return patterns.some((pattern) =>
    pattern.startsWith('*.')
      ? name.endsWith(pattern.slice(1)) && name.length >= pattern.length
      : name === pattern,
  )
}
