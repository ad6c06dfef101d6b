import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseReportFiles } from '../src/cli/report-option.ts'
import { junitFaults } from './support/junit-rules.ts'
import { fixture, tlsfit } from './support/tlsfit.ts'

const folder = resolve(import.meta.dirname, '../examples/ci')

test.each([
  'github-actions.yml',
  'gitlab-ci.yml',
  'firmware-github-actions.yml',
  'firmware-gitlab-ci.yml',
])('%s is YAML, and asks for reports that there are', (name) => {
  const text = readFileSync(resolve(folder, name), 'utf8')
  expect(parse(text)).toBeTypeOf('object')
  const asked = [...text.matchAll(/--report (\S+)/g)].map((match) => match[1]!)
  expect(asked.length).toBeGreaterThanOrEqual(2)
  for (const { path } of parseReportFiles(asked)) {
    // Each file that is written is used.
    expect(text.split(path).length).toBeGreaterThan(2)
  }
})

test.each([
  'firmware-github-actions.yml',
  'firmware-gitlab-ci.yml',
])('the command of %s runs the plan of the example, and writes what it says', async (name) => {
  const repository = mkdtempSync(join(tmpdir(), 'tlsfit-ci-'))
  try {
    cpSync(resolve(folder, '../firmware'), repository, { recursive: true })
    cpSync(fixture('chains/chain-edge-microsoft-com-g2.pem'), join(repository, 'chain.pem'))
    // The devices, headers and margins of the example, and its roots; in the place of its hosts a chain that is here.
    const plan = readFileSync(join(repository, 'tlsfit.yaml'), 'utf8')
      .replace('../../roots', resolve(folder, '../../roots'))
      .replace(/^targets:[\s\S]*?\n\n/m, 'targets: [chain.pem]\n\n')
    writeFileSync(join(repository, 'tlsfit.yaml'), plan)
    const text = readFileSync(resolve(folder, name), 'utf8')
    const [, words = ''] = /\$TLSFIT (check [^\n]*(?:\n +--report[^\n]*)*)/.exec(text) ?? []
    const argv = words
      .trim()
      .split(/\s+/)
      .map((word) => word.replace(/^(\w+):(\S+)$/, `$1:${repository}/$2`))
    const ran = await tlsfit([...argv, '--file', join(repository, 'tlsfit.yaml')])
    expect(ran.code, ran.stderr).toBe(1)
    expect(ran.stdout).toMatch(/BLOCKED +nrf9160@1\.3\.7/)
    expect(junitFaults(readFileSync(join(repository, 'tlsfit.xml'), 'utf8'))).toEqual([])
    expect(existsSync(join(repository, '.tlsfit/last-run.json'))).toBe(true)
  } finally {
    rmSync(repository, { recursive: true, force: true })
  }
})
