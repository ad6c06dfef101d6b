import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'

const main = resolve(import.meta.dirname, '../dist/cli/main.js')
const teller = resolve(import.meta.dirname, 'support/told-modules.mjs')

beforeAll(() => {
  if (!existsSync(main)) throw new Error('dist/ is missing: run npm run build')
})

/** Files that a run of the built program loads; nothing listens at the target. */
function loadedBy(...args: string[]): string[] {
  const { stderr } = spawnSync(process.execPath, ['--import', teller, main, ...args], { encoding: 'utf8' })
  return [...stderr.matchAll(/^loads file:\/\/(.*)$/gm)].map(([, path]) => path!)
}

describe('a cold start loads what it needs', () => {
  const check = loadedBy('check', 'https://127.0.0.1:1/', '--device', 'nrf9160@1.3.7')

  test('a check of an endpoint loads no package: no YAML, no schemas, nothing of MQTT', () => {
    expect(check.some((path) => path.endsWith(main))).toBe(true)
    expect(check.filter((path) => path.includes('node_modules'))).toEqual([])
  })

  test('and few files of our own: to find a hundred takes longer than to run them', () => {
    expect(check.filter((path) => path.includes('/dist/')).length).toBeLessThan(8)
  })

  test('the version loads no package, and none of what a check is made of', () => {
    const version = loadedBy('--version')
    expect(version.filter((path) => path.includes('node_modules'))).toEqual([])
    expect(version.some((path) => /\/check-\w+\.js$/.test(path))).toBe(false)
    expect(version.filter((path) => path.includes('/dist/'))).toHaveLength(2)
  })
})
