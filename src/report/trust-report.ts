import type { Credential } from '../credential/credential.ts'
import type { HeldChains } from '../judge/held-chains.ts'
import type { RootPlan } from '../judge/root-plan.ts'
import type { StoredRoots } from '../judge/stored-roots.ts'

/** Everything that one run of `tlsfit trust` has to say. */
export interface TrustReport {
  /** As typed: of the commands that come next. */
  readonly asked: {
    readonly targets: readonly string[]
    /** Of roots of one's own to choose from. */
    readonly rootFiles: readonly string[]
    readonly device: string
    readonly years: number
    /** `--emit` was given. */
    readonly emit: boolean
  }
  /** Undefined where no target was given. */
  readonly plan: RootPlan | undefined
  readonly fetches: readonly { readonly url: string; readonly outcome: string }[]
  /** Undefined without `--held`. */
  readonly held: HeldChains | undefined
  /** Undefined without `--verify-stored`. */
  readonly stored: StoredRoots | undefined
  /** Undefined without `--emit`, or where there is nothing to store. */
  readonly emitted: { readonly credential: Credential; readonly folder: string } | undefined
}

/** Only an anchor that the device does not have yet would help. */
export function needsNewAnchor({ plan, held }: TrustReport): boolean {
  if (held === undefined) return false
  if (plan !== undefined) {
    const bundle = plan.device.anchorsHeld?.value ?? []
    return plan.chosen.some(({ candidate }) => {
      const bundled = candidate.known !== undefined && bundle.includes(candidate.known.id)
      return candidate.heldAs === undefined && !bundled
    })
  }
  return held.chains.every(({ state }) => state === 'blocked')
}
