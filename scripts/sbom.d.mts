/** Of a CycloneDX document, what is looked at here. */
export interface Sbom {
  readonly specVersion: string
  readonly components: readonly {
    readonly name: string
    readonly version: string
    readonly purl: string
    readonly hashes: readonly { readonly alg: string; readonly content: string }[]
    readonly licenses: readonly (
      | { readonly license: { readonly id: string } }
      | { readonly expression: string }
    )[]
  }[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

export interface LockedPackage {
  readonly version: string
  readonly dev?: boolean
  readonly license?: string
}

export interface Lock {
  readonly packages: { readonly [path: string]: LockedPackage }
}

export const bundled: readonly string[]
export function sbomOf(lock: Lock): Sbom
