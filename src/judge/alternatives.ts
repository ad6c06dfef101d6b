import type { Device } from '../device/device.ts'
import { isTls13, parseVersion } from '../tls/versions.ts'
import type { IssuedChain } from '../trust/issuing.ts'
import { chainAlone } from './changed-chain.ts'
import { judge } from './judge.ts'
import type { Alternative } from './outlook.ts'
import { reissue } from './reissued-chain.ts'
import type { DatedChange, Replaying } from './replaying.ts'
import { openScenes, type Scene } from './scene.ts'

/**
 * Other chains of the CA that makes the change, which anyone may have and which this device takes then, by the same
 * judge. The leaf is counted as large as today's: with a smaller key it is smaller. Fewest bytes first.
 */
export function alternativesTo(replaying: Replaying, { change, at }: DatedChange): Alternative[] {
  const leaf = replaying.scene.leg.chain!.leaf!
  return replaying.forecast.issuing
    .filter((chain) => chain.ca === change.owner && chain.issuedTo === 'anyone' && isWhole(chain))
    .filter(({ leaf: { key } }) => speaks(replaying.input.device, key))
    .flatMap(({ id, ca, name, leaf: kind, sent, roots }) => {
      const known = replaying.input.trust.known
      const rootName = (needs: number) => {
        const root = known.find((one) => one.id === roots.find((each) => each.needs === needs)?.id)
        return root?.certificate.subject.commonName
      }
      const above = sent.map(({ subject, derBytes, key, signature, until }, index) => ({
        subject,
        issuer: sent[index + 1]?.subject ?? rootName(index + 1),
        derBytes,
        key,
        signature,
        until: until?.toISOString().slice(0, 10),
        note: undefined,
      }))
      const changed = reissue({
        leaf,
        leafKey: kind.key,
        leafSignature: kind.signature,
        above,
        pool: [],
        trust: replaying.input.trust,
        at,
      })
      const { input } = replaying
      const observation = chainAlone(
        input.observation,
        changed.certificates.map(({ der }) => der),
      )
      const readAs = new Map(changed.certificates.map((one) => [one.der, one]))
      const later = { ...input, observation, readAs, now: at }
      const { state } = judge(later)
      if (!leadsToTheSame(replaying, openScenes(later)[0])) return []
      const bytes = changed.certificates.reduce((sum, { der }) => sum + der.length, 0)
      return state === 'fits' || state === 'at-risk' ? [{ id, ca, name, bytes }] : []
    })
    .sort((a, b) => a.bytes - b.bytes)
}

/** Where nobody said what the device holds, a chain to another root than today's is no way out. */
function leadsToTheSame({ input, scene }: Replaying, later: Scene | undefined): boolean {
  const today = scene.leg.chain?.path.used?.anchor
  if (input.trust.held !== undefined || today === undefined) return true
  return later?.leg.chain?.path.known.paths.some(({ anchor }) => anchor.sha256 === today.sha256) ?? false
}

/** Every size, key and signature of it is known. */
function isWhole({ leaf, sent }: IssuedChain): boolean {
  const known = sent.every(
    (one) => one.derBytes !== undefined && one.key !== undefined && one.signature !== undefined,
  )
  return known && leaf.signature !== undefined
}

/** TLS 1.2 names the kind of the leaf's key in the suite; what is not known of the device does not speak against it. */
function speaks({ hello }: Device, key: string): boolean {
  const suites = hello.cipherSuites?.value
  const newest = hello.versions?.value.some((one) => isTls13(parseVersion(one) ?? 0))
  if (suites === undefined || newest === true) return true
  return suites.some((suite) => suite.includes(key.startsWith('EC ') ? '_ECDSA_' : '_RSA_'))
}
