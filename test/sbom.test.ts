import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { bundled, type Lock, sbomOf } from '../scripts/sbom.mjs'

const root = resolve(import.meta.dirname, '..')
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
const sbom = sbomOf(lock)

/** None of them asks more of who ships the package than to keep its notice. */
const allowed = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0']

test('is CycloneDX to the schema of its authors', () => {
  const library = createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library')
  const schemas = join(library.slice(0, library.indexOf('cyclonedx-library') + 17), 'res/schema')
  const read = (name: string) => JSON.parse(readFileSync(join(schemas, name), 'utf8'))
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true })
  addFormats.default(ajv)
  for (const kind of ['iri-reference', 'idn-email']) ajv.addFormat(kind, true)
  for (const name of ['spdx.SNAPSHOT.schema.json', 'jsf-0.82.SNAPSHOT.schema.json'])
    ajv.addSchema(read(name), `http://cyclonedx.org/schema/${name}`)
  const holds = ajv.compile(read(`bom-${sbom.specVersion}.SNAPSHOT.schema.json`))
  holds(sbom)
  expect(holds.errors ?? []).toEqual([])
  expect(holds({ ...sbom, components: [{ type: 'library' }] })).toBe(false)
})

test('npm run sbom prints it', () => {
  const printed = execFileSync(process.execPath, [join(root, 'scripts/sbom.mjs')], { encoding: 'utf8' })
  expect(JSON.parse(printed)).toEqual(sbom)
})

test('has every package that is installed with tlsfit, each with its hash, and a place in the tree', () => {
  const installed = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && dev !== true)
  const named = new Set(sbom.components.map(({ name, version }) => `${name}@${version}`))
  const wanted = installed.map(([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`)
  expect(wanted.filter((each) => !named.has(each))).toEqual([])
  expect(sbom.components.filter(({ hashes }) => hashes[0]?.alg !== 'SHA-512')).toEqual([])
  const reached = new Set(sbom.dependencies.flatMap(({ dependsOn }) => dependsOn))
  expect(sbom.components.filter(({ purl }) => !reached.has(purl)).map(({ name }) => name)).toEqual([])
})

test('has every package that the dashboard is bundled of', () => {
  const files = readdirSync(join(root, 'web'), { recursive: true, encoding: 'utf8' })
  const sources = files.filter((name) => /(?<!\.test)\.tsx?$/.test(name) && dirname(name) !== '.')
  const imports = sources.flatMap((name) => {
    const text = readFileSync(join(root, 'web', name), 'utf8')
    return [...text.matchAll(/^(?:import|export|\}).*\bfrom '([^.'][^'/]*)/gm)].map((match) => match[1]!)
  })
  expect([...new Set(imports.filter((name) => !name.startsWith('node:')))].sort()).toEqual(
    [...bundled].sort(),
  )
})

test('has no licence but those that are allowed', () => {
  const terms = sbom.components.map(({ name, licenses: [term] }) => {
    const written = term === undefined ? 'none' : 'license' in term ? term.license.id : term.expression
    // Of a choice one is enough.
    const choices = written.replaceAll(/[()]/g, '').split(' OR ')
    return choices.some((choice) => allowed.includes(choice)) ? undefined : `${name}: ${written}`
  })
  expect(terms.filter((each) => each !== undefined)).toEqual([])
})
