import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { type DefaultTreeAdapterMap, parse } from 'parse5'

type Node = DefaultTreeAdapterMap['node']

interface BuiltPage {
  readonly path: string
  readonly ids: ReadonlySet<string>
  readonly links: readonly string[]
  /** What a browser fetches by itself: scripts, styles, pictures. */
  readonly fetched: readonly string[]
}

/** Of a site that is built: links within it that lead nowhere, anchors too, and whatever would be fetched from elsewhere. */
export function builtFaults(folder: string, base: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) =>
    path.split(sep).join('/'),
  )
  const pages = files.filter((path) => path.endsWith('.html')).map((path) => readPage(folder, path))
  const ids = new Map(pages.map((page) => [page.path, page.ids]))
  const there = new Set(files)
  return pages.flatMap((page) => [
    ...page.links.flatMap((href) => {
      const fault = linkFault(href, page.path, base, ids, there)
      return fault === undefined ? [] : [`${page.path}: ${href} ${fault}`]
    }),
    ...page.fetched
      .filter((href) => /^(?:[a-z]+:)?\/\//.test(href))
      .map((href) => `${page.path}: fetches ${href}`),
  ])
}

function linkFault(
  href: string,
  from: string,
  base: string,
  ids: ReadonlyMap<string, ReadonlySet<string>>,
  there: ReadonlySet<string>,
): string | undefined {
  if (/^(?:[a-z]+:|\/\/)/.test(href)) return undefined
  const [path = '', anchor = ''] = href.split('#', 2)
  const file = path === '' ? from : fileOf(decodeURI(path), from, base)
  if (!there.has(file)) return 'leads to no file'
  if (anchor === '' || !file.endsWith('.html')) return undefined
  return ids.get(file)?.has(decodeURIComponent(anchor)) ? undefined : 'names no heading of that page'
}

function fileOf(path: string, from: string, base: string): string {
  const within = path.startsWith(base) ? path.slice(base.length) : posix.join(posix.dirname(from), path)
  return within === '' || within.endsWith('/') ? `${within}index.html` : within
}

function readPage(folder: string, path: string): BuiltPage {
  const ids = new Set<string>()
  const links: string[] = []
  const fetched: string[] = []
  const walk = (node: Node): void => {
    if ('attrs' in node) {
      const attributes = new Map(node.attrs.map(({ name, value }) => [name, value]))
      const [id, href, src] = ['id', 'href', 'src'].map((name) => attributes.get(name))
      if (id !== undefined) ids.add(id)
      if (node.tagName === 'a' && href !== undefined) links.push(href)
      if (node.tagName === 'link' && href !== undefined) fetched.push(href)
      if (src !== undefined) fetched.push(src)
    }
    if ('childNodes' in node) node.childNodes.forEach(walk)
  }
  walk(parse(readFileSync(join(folder, path), 'utf8')))
  return { path, ids, links, fetched }
}
