import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'

/** `apiVersion` and `kind` of a manifest. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
}

/**
 * What the types of the Kubernetes API find wrong in a manifest: fields that there are not, values of another type, what
 * must be there. Types that are made of the API's own OpenAPI (kubernetes-types) stand in for its schemas.
 */
export function kubernetesFaults(manifests: readonly Manifest[], folder: string): string[] {
  const source = manifests.map((manifest, index) => {
    const group = manifest.apiVersion.includes('/') ? manifest.apiVersion : `core/${manifest.apiVersion}`
    const type = `import('kubernetes-types/${group}.d.ts').${manifest.kind}`
    return `export const manifest${index}: ${type} = ${JSON.stringify(manifest, null, 2)}\n`
  })
  const file = join(folder, 'manifests.ts')
  writeFileSync(file, source.join(''))
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [] },
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    paths: { 'kubernetes-types/*': [resolve(import.meta.dirname, '../../node_modules/kubernetes-types/*')] },
  }
  const host = ts.createCompilerHost(options)
  const program = ts.createProgram([file], options, host)
  return ts.getPreEmitDiagnostics(program).map((each) => ts.formatDiagnostic(each, host))
}
