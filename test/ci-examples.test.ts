import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { junitFaults } from './support/junit-rules.ts'
import { fixture } from './support/tlsfit.ts'

const root = resolve(import.meta.dirname, '..')
const read = (path: string) => parse(readFileSync(join(root, path), 'utf8'))

interface Step {
  readonly uses?: string
  readonly with?: Readonly<Record<string, string>>
}

test('the workflow of GitHub runs the action where it checked tlsfit out, with inputs and rights that it has', () => {
  const { jobs, permissions } = read('examples/ci/github-actions.yml')
  const action = read('action.yml')
  const steps: readonly Step[] = jobs.tlsfit.steps
  const own = steps.findIndex(({ uses }) => uses?.startsWith('./'))
  const out = steps.slice(0, own).find(({ with: given }) => given?.path !== undefined)
  expect(steps[own]!.uses).toBe(`./${out!.with!.path}`)
  for (const input of Object.keys(steps[own]!.with ?? {})) expect(action.inputs).toHaveProperty(input)
  // The comment and the alerts that the action writes by default.
  expect(permissions).toMatchObject({ 'pull-requests': 'write', 'security-events': 'write' })
  expect(JSON.stringify(jobs)).not.toContain('dist/cli')
})

test('the job of GitLab is the included one, with what it lacks: tlsfit, built where the job looks for it', () => {
  const { include, tlsfit } = read('examples/ci/gitlab-ci.yml')
  const [{ file }] = include
  const job = read(file.slice(1)).tlsfit
  expect(job.script.join('\n')).toContain('$TLSFIT_HOME')
  expect(tlsfit.variables.TLSFIT_HOME).toBe(job.variables.TLSFIT_HOME)
  expect(tlsfit).not.toHaveProperty('script')
  expect(tlsfit.before_script.join('\n')).toMatch(
    /checkout .*\n.*"\$TLSFIT_HOME" && npm ci .*npm run .*build/,
  )
})

test('what both run takes the plan of the example, and writes each report', () => {
  const repository = mkdtempSync(join(tmpdir(), 'tlsfit-ci-'))
  const at = (name: string) => join(repository, name)
  try {
    cpSync(join(root, 'examples/firmware'), repository, { recursive: true })
    cpSync(fixture('chains/chain-edge-microsoft-com-g2.pem'), at('chain.pem'))
    // The devices, headers and margins of the example, and its roots; in the place of its hosts a chain that is here.
    const plan = readFileSync(at('tlsfit.yaml'), 'utf8')
      .replace('../../roots', join(root, 'roots'))
      .replace(/^targets:[\s\S]*?\n\n/m, 'targets: [chain.pem]\n\n')
    writeFileSync(at('tlsfit.yaml'), plan)
    const ran = spawnSync('bash', [join(root, 'deploy/ci/check.sh')], {
      cwd: repository,
      env: { PATH: process.env.PATH, HOME: repository, NO_COLOR: '1' },
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect(ran.status, ran.stderr).toBe(1)
    expect(ran.stdout).toMatch(/BLOCKED +nrf9160@1\.3\.7/)
    expect(junitFaults(readFileSync(at('tlsfit-reports/tlsfit.xml'), 'utf8'))).toEqual([])
    for (const name of ['tlsfit.md', 'tlsfit.sarif', 'tlsfit.json'])
      expect(existsSync(at(`tlsfit-reports/${name}`))).toBe(true)
    expect(existsSync(at('.tlsfit/last-run.json'))).toBe(true)
  } finally {
    rmSync(repository, { recursive: true, force: true })
  }
}, 90_000)
