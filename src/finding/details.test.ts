import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { failureKinds } from '../device/device.ts'
import { causes } from './cause.ts'
import { findings } from './details.ts'
import { stages } from './stage.ts'

const pages = resolve(import.meta.dirname, '../../docs/findings')
const ids = Object.keys(findings)

describe('the vocabulary of findings', () => {
  test.each(ids)('%s has a page, titled with its id and words of a device', (id) => {
    const path = join(pages, `${id}.md`)
    expect(existsSync(path)).toBe(true)
    const text = readFileSync(path, 'utf8')
    expect(text).toMatch(new RegExp(`^# ${id}: .{8,}\n`))
    for (const heading of ['How to tell it apart', 'What is counted', 'Cures', 'Unsafe advice']) {
      expect(text).toContain(`\n## ${heading}`)
    }
    const lines = text.trimEnd().split('\n').length
    expect(lines).toBeGreaterThanOrEqual(15)
    expect(lines).toBeLessThanOrEqual(45)
  })

  test('no page is of a finding that does not exist, or refers to one', () => {
    const files = readdirSync(pages).map((file) => file.replace(/\.md$/, ''))
    expect(files.filter((id) => !ids.includes(id))).toEqual([])
    for (const file of files) {
      const text = readFileSync(join(pages, `${file}.md`), 'utf8')
      const named = [...text.matchAll(/(?:see|it is|would be|against|into) `([a-z]+(?:-[a-z]+)+)`/gi)].map(
        (match) => match[1]!,
      )
      expect(named.filter((id) => !ids.includes(id))).toEqual([])
    }
  })

  test('rows name stages, causes and failures of their lists', () => {
    for (const [id, { stage, cause, failure }] of Object.entries(findings)) {
      expect([id, stages.includes(stage)]).toEqual([id, true])
      expect([id, cause === undefined || causes.includes(cause)]).toEqual([id, true])
      expect([id, failure === undefined || failureKinds.includes(failure)]).toEqual([id, true])
    }
  })
})
