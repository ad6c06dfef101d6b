/** A page of the site before vitepress reads it. */
export interface SitePage {
  /** Within the site, such as `findings/dns-failed.md`. */
  readonly path: string
  /** Where its text stands in the repository; undefined for a page that is made here. */
  readonly source: string | undefined
  readonly text: string
}

/** The first heading of a page as plain text, without the marks of markdown. */
export function titleOf({ path, text }: Pick<SitePage, 'path' | 'text'>): string {
  const heading = /^# (.+)$/m.exec(text)?.[1]
  if (heading === undefined) throw new Error(`${path} has no heading`)
  return heading
    .replace(/<!--.*?-->/g, '')
    .replaceAll('`', '')
    .trim()
}
