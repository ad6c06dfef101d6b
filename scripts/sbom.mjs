// The software bill of materials of what is released: node scripts/sbom.mjs > tlsfit.cdx.json
// CycloneDX 1.6, made of package-lock.json alone, so that the same lock gives the same bytes. `npm sbom --omit=dev` leaves out
// what a development dependency needs as well (with npm 11.19, 49 of 110), so it does not serve.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/** Packages that the build puts into dist/web: to npm they are for development, but they are shipped. */
export const bundled = ['preact', 'uplot']

/** `lock`: package-lock.json of lockfileVersion 3. */
export function sbomOf(lock) {
  const packages = Object.entries(lock.packages).filter(([path]) => path !== '')
  const own = lock.packages['']
  const isShipped = ([path, { dev }]) => dev !== true || bundled.includes(nameOf(path))
  const shipped = packages.filter(isShipped)
  const paths = new Set(shipped.map(([path]) => path))
  const purls = new Map([['', purlOf(own.name, own.version)]])
  for (const [path, { version }] of shipped) purls.set(path, purlOf(nameOf(path), version))
  const needs = (path, { dependencies, optionalDependencies, peerDependencies }) =>
    Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
      .concat(path === '' ? bundled : [])
      .map((name) => resolved(path, name, paths))
      .filter((found) => found !== undefined)
      .map((found) => purls.get(found))
  const rows = new Map()
  for (const [path, { version, license, integrity }] of shipped) {
    const purl = purls.get(path)
    const name = nameOf(path)
    rows.set(purl, {
      ...{ type: 'library', 'bom-ref': purl, name, version, scope: 'required' },
      hashes: hashesOf(integrity),
      licenses: [licenseOf(license)],
      purl,
    })
  }
  const graph = new Map()
  for (const [path, entry] of [['', own], ...shipped]) {
    const ref = purls.get(path)
    graph.set(ref, [...new Set([...(graph.get(ref) ?? []), ...needs(path, entry)])].sort())
  }
  const main = purls.get('')
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        ...{ type: 'application', 'bom-ref': main, name: own.name, version: own.version },
        licenses: [licenseOf(own.license)],
        purl: main,
      },
    },
    components: [...rows.values()],
    dependencies: [...graph].map(([ref, dependsOn]) => ({ ref, dependsOn })),
  }
}

/** `node_modules/a/node_modules/@b/c` is `@b/c`. */
function nameOf(path) {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

/** Where Node finds the package: beside, else further up. Undefined for a peer or option that is not installed. */
function resolved(from, name, paths) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    if (paths.has(path)) return path
    if (folder === '') return undefined
  }
}

function purlOf(name, version) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`
}

function hashesOf(integrity = '') {
  const [, algorithm, base64] = /^sha(\d+)-(.+)$/.exec(integrity) ?? []
  if (algorithm === undefined) return []
  return [{ alg: `SHA-${algorithm}`, content: Buffer.from(base64, 'base64').toString('hex') }]
}

function licenseOf(license) {
  return / (OR|AND|WITH) /.test(license) ? { expression: license } : { license: { id: license } }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'))
  process.stdout.write(`${JSON.stringify(sbomOf(lock), null, 2)}\n`)
}
