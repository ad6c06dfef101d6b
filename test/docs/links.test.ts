import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { builtFaults } from '../../scripts/docs/built-links.ts'
import { relink } from '../../scripts/docs/repository-links.ts'

describe('links of a page to the repository', () => {
  test('a page of docs/ is linked by its place on the site, with its anchor', () => {
    expect(relink('see [x](../watch.md#rounds)', 'docs/guides/a.md').text).toBe('see [x](/watch.md#rounds)')
    expect(relink('see [x](../SECURITY.md)', 'docs/check.md').text).toBe('see [x](/security.md)')
  })

  test('a file outside docs/ gets a page that shows it', () => {
    expect(relink('[the file](../examples/watch.yaml)', 'docs/watch.md')).toEqual({
      text: '[the file](/files/examples/watch.yaml.md)',
      files: ['examples/watch.yaml'],
    })
  })

  test('a folder that has an index on the site is linked by that', () => {
    expect(relink('[all](findings/) [all](../devices/)', 'docs/index.md').text).toBe(
      '[all](/findings.md) [all](/device-pages.md)',
    )
  })

  test('addresses, anchors of the page itself and pictures stay as they are', () => {
    const text = '[a](https://example.com/x.md) [b](#here) ![c](images/d.png)'
    expect(relink(text, 'docs/watch.md')).toEqual({ text, files: [] })
  })

  test('a link that leaves the repository is a fault', () => {
    expect(() => relink('[x](../../etc/passwd)', 'docs/watch.md')).toThrow('outside the repository')
  })
})

describe('links of a site that is built', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tlsfit-docs-'))
    mkdirSync(join(folder, 'a'))
    writeFileSync(join(folder, 'a', 'one.html'), '<h1 id="top">one</h1>')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const faultsOf = (body: string, base = '/') => {
    writeFileSync(join(folder, 'index.html'), body)
    return builtFaults(folder, base)
  }

  test('a page and an anchor that exist are no fault, relative, absolute or below a base', () => {
    expect(faultsOf('<a href="/a/one.html#top"></a><a href="a/one.html"></a><a href="/"></a>')).toEqual([])
    expect(faultsOf('<a href="/docs/a/one.html#top"></a>', '/docs/')).toEqual([])
  })

  test('a missing page, a missing anchor and a script from elsewhere are named with their page', () => {
    expect(
      faultsOf(
        '<a href="/b.html"></a><a href="/a/one.html#x"></a><script src="https://cdn.example/x.js"></script>',
      ),
    ).toEqual([
      'index.html: /b.html leads to no file',
      'index.html: /a/one.html#x names no heading of that page',
      'index.html: fetches https://cdn.example/x.js',
    ])
  })
})
