import { posix } from 'node:path'

/** Files of the repository that are pages of the site by another name. */
const renamed: ReadonlyMap<string, string> = new Map([
  ['SECURITY.md', 'security.md'],
  ['CONTRIBUTING.md', 'contributing.md'],
  ['CHANGELOG.md', 'changelog.md'],
  ['README.md', 'index.md'],
  ['bench/README.md', 'bench.md'],
  ['docs/findings', 'findings.md'],
  ['devices', 'device-pages.md'],
])

/** Where a file of the repository is found on the site. */
export function sitePath(file: string): string {
  const own = renamed.get(file)
  if (own !== undefined) return own
  return file.startsWith('docs/') ? file.slice('docs/'.length) : `files/${file}.md`
}

export interface Relinked {
  readonly text: string
  /** Files outside `docs/` that the page links to; the site shows each on a page of its own. */
  readonly files: readonly string[]
}

/** Turns links to files of the repository, relative to `source`, into links to the pages that show them. */
export function relink(text: string, source: string): Relinked {
  const files = new Set<string>()
  const relinked = text.replace(inlineLink, (whole, href: string) => {
    const [, path = '', anchor = ''] = /^([^#]*)(#.*)?$/.exec(href) ?? []
    if (path === '' || /^[a-z]+:|^\//.test(path)) return whole
    const file = posix.join(posix.dirname(source), path).replace(/\/$/, '')
    if (file.startsWith('..'))
      throw new Error(`${source} links to ${path}, which lies outside the repository`)
    if (file.startsWith('docs/images/')) return whole
    const target = sitePath(file)
    if (target.startsWith('files/')) files.add(file)
    return `](/${target}${anchor})`
  })
  return { text: relinked, files: [...files] }
}

const inlineLink = /\]\(([^()\s]+)\)/g
