import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type InstalledPackage,
  installPackage,
  runProgram,
  startProgram,
} from './support/installed-package.ts'
import { nodeReleases } from './support/node-releases.ts'
import { compile, programs, typings } from './support/package-consumers.ts'
import { fixture } from './support/tlsfit.ts'

const watched = `
fleets: [{ id: trackers, device: nrf9160@1.3.7+ncs@2.7.0, count: 38000, anchors: [lab:nordic-azure-fota/2] }]
endpoints: [{ id: fota, target: lab:nordic-azure-fota/2 }]
`

const chain = fixture('chains/chain-edge-microsoft-com-g2.pem')
const rootFile = () => join(installed.folder, 'node_modules/tlsfit/roots/digicert-global-root-g2.pem')

let installed: InstalledPackage

beforeAll(async () => {
  installed = await installPackage()
}, 240_000)
afterAll(() => installed?.remove())

describe('what npm packs', () => {
  test('is what a user needs, and nothing else', () => {
    const kinds = [
      /^(package\.json|README\.md|LICENSE)$/,
      /^dist\/[\w.-]+\.(js|d\.ts)$/,
      /^dist\/cli\/(main|man-page)\.(js|d\.ts)$/,
      /^dist\/tlsfit\.1$/,
      /^dist\/data\/[\w./-]+\.json$/,
      /^dist\/store\/(pglite-thread\.(js|d\.ts)|[\w.-]+\.br)$/,
      /^dist\/web\/[\w./-]+\.(html|js|css|svg|woff2)$/,
      /^(devices|endpoints|evidence)\/[\w./-]+\.yaml$/,
      /^roots\/[\w.-]+\.(pem|yaml)$/,
      /^migrations\/\d{4}-[\w-]+\.sql$/,
      /^docs\/findings\/[\w-]+\.md$/,
      /^examples\//,
      /^deploy\/((kubernetes|ci)\/)?[\w-]+\.(yaml|yml|service|sh|mjs)$/,
    ]
    expect(installed.files.filter((path) => !kinds.some((kind) => kind.test(path)))).toEqual([])
    expect(kinds.filter((kind) => !installed.files.some((path) => kind.test(path)))).toEqual([])
    const superfluous = /\.(test|spec)\.|\.map$|^(?!examples\/).*(?<!\.d)\.ts$/
    expect(installed.files.filter((path) => superfluous.test(path))).toEqual([])
  })

  test('stays within the sizes that docs/releasing.md names', () => {
    expect(installed.bytes.packed).toBeLessThan(3_500_000)
    expect(installed.bytes.unpacked).toBeLessThan(8_500_000)
  })

  test('is without fault to publint', async () => {
    const tarball = new Uint8Array(installed.tarball).buffer
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg ?? {}, { color: false }))).toEqual([])
  })

  test('has types that are right for each kind of resolution', async () => {
    const checked = await checkPackage(createPackageFromTarballData(installed.tarball))
    // ESM alone: CommonJS loads it with require(), which every promised Node does for ESM.
    const found = (checked.types === false ? ['no types'] : checked.problems).filter(
      (problem) => typeof problem === 'string' || problem.kind !== 'CJSResolvesToESM',
    )
    expect(found).toEqual([])
  })
})

describe.each(nodeReleases)('installed, on Node $version', ({ path: node }) => {
  const tlsfit = (args: readonly string[]) =>
    runProgram('npx', ['--no-install', 'tlsfit', ...args], { cwd: installed.folder, node })

  test.skipIf(!node)('npx tlsfit --version says the version of the package', async () => {
    const ran = await tlsfit(['--version'])
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  })

  test.skipIf(!node)('check judges a chain in a file', async () => {
    const device = ['--device', 'nrf9160@1.3.7', '--anchor', rootFile(), '--time', '2026-09-01T00:00:00Z']
    const ran = await tlsfit(['check', chain, ...device, '--format', 'json'])
    expect(ran.code, ran.stderr).toBe(1)
    expect(JSON.parse(ran.stdout).verdicts[0]).toMatchObject({ state: 'blocked', stage: 'chain' })
  })

  test.skipIf(!node).each(Object.entries(programs))('the library: %s', async (name, text) => {
    writeFileSync(join(installed.folder, name), text)
    const ran = await runProgram(node!, [name, chain, rootFile()], { cwd: installed.folder })
    expect(ran).toEqual({ code: 0, stdout: 'blocked chain\n', stderr: '' })
  })

  test.skipIf(!node)('explain reads a log', async () => {
    const log = join(installed.folder, 'device.log')
    writeFileSync(log, '[00:00:10.5] <err> download_client: Unable to connect, errno 111\n')
    const ran = await tlsfit(['explain', log])
    expect(ran.code, ran.stderr).toBe(0)
    expect(ran.stdout).toContain('chain-too-large')
  })

  // One of the five cases: all of them run in test/demo.test.ts, and take some seconds of a processor.
  test.skipIf(!node)(
    'demo shows a failure, its cause and its cures',
    async () => {
      const ran = await tlsfit(['demo', '--case', 'nordic-azure-fota', '--format', 'json'])
      expect(ran.code, ran.stderr).toBe(0)
      const { steps } = JSON.parse(ran.stdout) as { steps: readonly { role: string; asExpected: boolean }[] }
      expect(steps.map(({ role }) => role)).toEqual(expect.arrayContaining(['fails', 'cured']))
      expect(steps.filter(({ asExpected }) => !asExpected)).toEqual([])
    },
    120_000,
  )

  test.skipIf(!node)(
    'watch starts on an empty store, serves its dashboard and alerts',
    async () => {
      const store = join(installed.folder, 'store')
      const main = join(installed.folder, 'node_modules/tlsfit/dist/cli/main.js')
      const config = join(installed.folder, 'watch.yaml')
      writeFileSync(config, watched)
      const args = [main, 'watch', config, '--store', store, '--port', '0']
      const child = startProgram(node!, args, { cwd: installed.folder })
      const ended = once(child, 'close')
      const told: string[] = []
      try {
        for await (const line of createInterface({ input: child.stderr! })) {
          told.push(line)
          const dashboard = /dashboard=(\S+)/.exec(line)?.[1]
          if (dashboard !== undefined) {
            const page = await fetch(dashboard)
            expect([page.status, page.headers.get('content-type')]).toEqual([
              200,
              expect.stringContaining('text/html'),
            ])
          }
          if (/alert raise .*kind=blocked/.test(line)) child.kill('SIGTERM')
        }
        expect(await ended, told.join('\n')).toEqual([130, null])
      } finally {
        child.kill('SIGKILL')
        rmSync(store, { recursive: true, force: true })
      }
    },
    180_000,
  )
})

describe('the types of the library, for a user with', () => {
  test.each(typings)('$name', (typing) => {
    const folder = join(installed.folder, typing.name.replaceAll(/\W+/g, '-'))
    mkdirSync(folder)
    expect(compile(typing, folder)).toEqual([])
  })

  test('another module than there is: it is told', () => {
    const typing = { ...typings[0]!, source: "import { nothing } from 'tlsfit'\nvoid nothing" }
    expect(compile(typing, installed.folder)).toEqual([
      expect.stringContaining("no exported member 'nothing'"),
    ])
  })
})
