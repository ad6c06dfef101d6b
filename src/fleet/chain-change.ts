import type { ChainFacts } from './snapshot.ts'
import type { ChainBrief, ChainChange } from './snapshot-change.ts'

/** From the one of `before` that `to` stands in the place of; undefined where there is none. */
export function chainChange(before: readonly ChainFacts[], to: ChainFacts): ChainChange | undefined {
  const from = predecessor(before, to)
  if (from === undefined) return undefined
  const differs = differences(from, to)
  return { kind: kindOf(from, to, differs), from: briefOf(from), to: briefOf(to), differs }
}

/** An endpoint may have a chain for each type of key: one of the same type was replaced. */
function predecessor(before: readonly ChainFacts[], to: ChainFacts): ChainFacts | undefined {
  const type = (chain: ChainFacts) => leafOf(chain)?.key.split(' ')[0]
  const likeness = (chain: ChainFacts) =>
    (type(chain) === type(to) ? 2 : 0) + (leafOf(chain)?.subject === leafOf(to)?.subject ? 1 : 0)
  return [...before].sort((a, b) => likeness(b) - likeness(a))[0]
}

function differences(from: ChainFacts, to: ChainFacts): ChainChange['differs'] {
  const above = ({ certificates }: ChainFacts) =>
    certificates
      .slice(1)
      .map(({ sha256 }) => sha256)
      .join()
  const isOther: { readonly [D in ChainChange['differs'][number]]: boolean } = {
    root: from.root !== to.root,
    issuer: from.issuer !== to.issuer,
    chain: above(from) !== above(to),
    leaf: leafOf(from)?.sha256 !== leafOf(to)?.sha256,
    key: leafOf(from)?.key !== leafOf(to)?.key,
    size: from.bytes !== to.bytes,
  }
  return (['root', 'issuer', 'chain', 'leaf', 'key', 'size'] as const).filter((one) => isOther[one])
}

function kindOf(from: ChainFacts, to: ChainFacts, differs: ChainChange['differs']): ChainChange['kind'] {
  for (const kind of ['root', 'issuer', 'chain'] as const) if (differs.includes(kind)) return kind
  const [was, now] = [leafOf(from)?.notBefore, leafOf(to)?.notBefore]
  return was !== undefined && now !== undefined && now > was ? 'renewed' : 'leaf'
}

export function briefOf(chain: ChainFacts): ChainBrief {
  const { digest, bytes, messageBytes, count, issuer, root } = chain
  const { subject, key, notBefore, notAfter } = leafOf(chain) ?? {}
  return { digest, bytes, messageBytes, count, issuer, root, subject, key, notBefore, notAfter }
}

function leafOf({ certificates }: ChainFacts): ChainFacts['certificates'][number] | undefined {
  return certificates.find(({ role }) => role === 'leaf')
}
