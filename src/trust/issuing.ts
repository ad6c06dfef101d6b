import * as v from 'valibot'
import { parse } from 'yaml'

/** A chain that a CA issues, as far as it is known. */
export interface IssuedChain {
  readonly id: string
  readonly ca: string
  /** Which of the CA's chains. */
  readonly name: string
  /** `anyone`, or whom the CA serves only. */
  readonly issuedTo: string
  readonly leaf: {
    readonly key: string
    readonly signature: string | undefined
    readonly derBytes: number | undefined
    readonly known: 'seen' | 'modelled' | undefined
  }
  /** Above the leaf, in the order sent. */
  readonly sent: readonly IssuedLink[]
  readonly roots: readonly {
    /** Of `roots/index.yaml`. */
    readonly id: string
    /** How many of `sent` lead to it. */
    readonly needs: number
  }[]
  readonly asOf: string
  readonly source: string
}

export interface IssuedLink {
  readonly subject: string
  readonly derBytes: number | undefined
  readonly key: string | undefined
  readonly signature: string | undefined
  readonly until: Date | undefined
  /** It leads to an older root: with its end the chain ends elsewhere. An issuing CA is renewed instead. */
  readonly bridge: boolean
}

const text = v.pipe(v.string(), v.nonEmpty())
const bytes = v.pipe(v.number(), v.integer(), v.minValue(1))
const key = v.pipe(v.string(), v.regex(/^(RSA \d{4}|EC secp\d{3}[rk]1)$/))

const schema = v.strictObject({
  chains: v.array(
    v.strictObject({
      id: v.pipe(v.string(), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)),
      ca: text,
      name: text,
      issuedTo: text,
      leaf: v.strictObject({
        key,
        signature: v.optional(text),
        derBytes: v.optional(bytes),
        known: v.optional(v.picklist(['seen', 'modelled'])),
      }),
      sent: v.array(
        v.strictObject({
          subject: text,
          derBytes: v.optional(bytes),
          key: v.optional(key),
          signature: v.optional(text),
          until: v.optional(v.pipe(v.string(), v.isoDate())),
          bridge: v.optional(v.boolean(), false),
        }),
      ),
      roots: v.pipe(
        v.array(v.strictObject({ id: text, needs: v.pipe(v.number(), v.integer(), v.minValue(0)) })),
        v.minLength(1),
      ),
      asOf: text,
      source: text,
    }),
  ),
})

/** The chains of `roots/issuing.yaml`. Throws `Error` naming the entry that is wrong. */
export function parseIssuing(yamlText: string, rootIds: readonly string[]): IssuedChain[] {
  const parsed = v.safeParse(schema, parse(yamlText))
  if (!parsed.success) {
    const [issue] = parsed.issues
    throw new Error(`roots/issuing.yaml: ${v.getDotPath(issue) ?? 'document'}: ${issue.message}`)
  }
  return parsed.output.chains.map((row) => {
    for (const root of row.roots) {
      if (!rootIds.includes(root.id)) throw new Error(`roots/issuing.yaml: ${row.id}: no root ${root.id}`)
      if (root.needs > row.sent.length)
        throw new Error(`roots/issuing.yaml: ${row.id}: ${root.id} needs too many`)
    }
    const { leaf, sent } = row
    return {
      ...row,
      leaf: { key: leaf.key, signature: leaf.signature, derBytes: leaf.derBytes, known: leaf.known },
      sent: sent.map(({ subject, derBytes, key: kind, signature, until, bridge }) => ({
        subject,
        derBytes,
        key: kind,
        signature,
        until: until === undefined ? undefined : new Date(until),
        bridge,
      })),
    }
  })
}
