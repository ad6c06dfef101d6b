import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** Whose values the page may take into its bundle: without socket, file, clock or environment, and small. */
const pure = new Set(['fleet', 'finding'])

test('the page takes types of src/, and values of pure layers alone', () => {
  const files = readdirSync(join(root, 'web'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    /(?<!\.test)\.tsx?$/.test(path),
  )
  const taken = files.flatMap((path) => {
    const text = readFileSync(join(root, 'web', path), 'utf8')
    const imports = [...text.matchAll(/^import (?!type\b)[^'"]*?from '(\.[^']+)'/gm)]
    return imports
      .map(([, to = '']) => relative(join(root, 'src'), resolve(root, 'web', dirname(path), to)))
      .filter((to) => !to.startsWith('..'))
      .map((to) => ({ path, layer: to.split(sep)[0] ?? '' }))
  })
  expect(taken.length).toBeGreaterThan(0)
  expect(taken.filter(({ layer }) => !pure.has(layer))).toEqual([])
})
