import { describe, expect, test } from 'vitest'
import { findingsIndex } from '../../scripts/docs/finding-pages.ts'
import { navigationOf } from '../../scripts/docs/navigation.ts'
import { findings } from '../../src/finding/details.ts'

const page = (path: string, title = path) => ({ path, source: undefined, text: `# ${title}\n` })

describe('the side bar', () => {
  test('lists what exists, and leaves out what does not', () => {
    const groups = navigationOf([page('check.md', '`tlsfit check`'), page('stories/a.md')])
    expect(groups.map(({ text }) => text)).toEqual(['Stories', 'Guides'])
    expect(groups[1]?.items).toEqual([{ text: 'tlsfit check', link: '/check' }])
  })

  test('keeps a page that no group names', () => {
    expect(navigationOf([page('odd.md')])).toEqual([
      { text: 'More', collapsed: false, items: [{ text: 'odd.md', link: '/odd' }] },
    ])
  })

  test('leaves findings and devices to their own index', () => {
    expect(navigationOf([page('findings/dns-failed.md'), page('devices/bg96.md')])).toEqual([])
  })
})

describe('the index of findings', () => {
  test('names every finding once, with the words of its page', () => {
    const ids = Object.keys(findings)
    const { text } = findingsIndex(ids.map((id) => page(`findings/${id}.md`, `${id}: words of ${id}`)))
    for (const id of ids) expect(text.split(`[${id}](/findings/${id}.md): words of ${id}\n`)).toHaveLength(2)
  })

  test('a finding without a page is a fault', () => {
    expect(() => findingsIndex([])).toThrow('has no page')
  })
})
