import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, extname, join, posix, relative, sep } from 'node:path'
import { relink, sitePath } from './repository-links.ts'
import type { SitePage } from './site-page.ts'

/** Pages of the repository that stand outside `docs/`. */
const outside = ['SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'bench/README.md']

/**
 * Writes every page of the site into `folder`, which is emptied: those of `docs/`, what `complete` makes of them, those
 * that typedoc has written into `apiFolder`, and one for each file of the repository that a page links to.
 */
export function stageSite(
  root: string,
  { folder, apiFolder }: { readonly folder: string; readonly apiFolder: string },
  complete: (written: readonly SitePage[]) => readonly SitePage[],
): readonly SitePage[] {
  const written = [...markdownFiles(join(root, 'docs')).map((path) => `docs/${path}`), ...outside]
  const relinked = written.map((source) => ({
    path: sitePath(source),
    source,
    ...relink(readFileSync(join(root, source), 'utf8'), source),
  }))
  const linked = [...new Set(relinked.flatMap(({ files }) => files))].sort()
  const api = markdownFiles(apiFolder).map((path) => ({
    path: `api/${path}`,
    source: undefined,
    text: readFileSync(join(apiFolder, path), 'utf8'),
  }))
  const pages: SitePage[] = [...complete(relinked), ...api, ...linked.map((file) => filePage(root, file))]
  const twice = pages.map(({ path }) => path).filter((path, at, all) => all.indexOf(path) !== at)
  if (twice.length > 0) throw new Error(`two pages are called ${twice.join(', ')}`)
  rmSync(folder, { recursive: true, force: true })
  for (const { path, text } of pages) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  cpSync(join(root, 'docs', 'images'), join(folder, 'images'), { recursive: true })
  cpSync(join(root, 'web', 'icon.svg'), join(folder, 'public', 'icon.svg'))
  return pages
}

/** Paths below `folder`, with slashes. Folders that begin with a dot are not pages. */
function markdownFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.md') && !path.split('/').some((part) => part.startsWith('.')))
    .sort()
}

/** A file of the repository, or the list of a folder, as a page. */
function filePage(root: string, file: string): SitePage {
  const path = join(root, file)
  if (!existsSync(path)) throw new Error(`a page links to ${file}, which does not exist`)
  const text = isFolder(path)
    ? readdirSync(path)
        .sort()
        .map((name) => `- \`${posix.join(file, name)}\``)
        .join('\n')
    : fence(readFileSync(path, 'utf8'), extname(file).slice(1))
  return { path: sitePath(file), source: undefined, text: `# ${relative('.', file)}\n\n${text}\n` }
}

function isFolder(path: string): boolean {
  return readdirSync(dirname(path), { withFileTypes: true }).some(
    (entry) => entry.name === posix.basename(path.split(sep).join('/')) && entry.isDirectory(),
  )
}

/** Longer than any run of backticks within. */
function fence(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const mark = '`'.repeat(longest + 1)
  return `${mark}${highlighted.has(language) ? language : 'text'}\n${text.trimEnd()}\n${mark}`
}

const highlighted = new Set(['yaml', 'json', 'ts', 'mjs', 'js', 'sh', 'c', 'h', 'md'])
