import { join } from 'node:path'
import { defineConfig } from 'vitepress'
import { builtFaults } from '../../scripts/docs/built-links.ts'
import { completePages } from '../../scripts/docs/made-pages.ts'
import { navigationOf } from '../../scripts/docs/navigation.ts'
import { stageSite } from '../../scripts/docs/stage-site.ts'
import { readAsText } from './read-as-text.ts'
import { localSearch } from './search.ts'

const root = join(import.meta.dirname, '../..')
const site = join(root, '.site')
/** Where the site will lie on its server, such as `/tlsfit/`. */
const base = process.env.DOCS_BASE ?? '/'

const pages = stageSite(root, { folder: join(site, 'pages'), apiFolder: join(site, 'api') }, completePages)
const paths = new Set(pages.map(({ path }) => path))
const sidebar = navigationOf(pages).map((group) => ({ ...group, items: [...group.items] }))
const inHeader = ['Start', 'Stories', 'Findings', 'Devices', 'Guides', 'Reference']

export default defineConfig({
  title: 'tlsfit',
  description: "See any TLS endpoint through your device's eyes.",
  lang: 'en',
  base,
  head: [['link', { rel: 'icon', href: `${base}icon.svg` }]],
  srcDir: '../.site/pages',
  outDir: '../.site/html',
  cacheDir: '../.site/cache',
  // A file server without rules of its own finds `findings/dns-failed.html`, and so does a folder that is unpacked.
  cleanUrls: false,
  ignoreDeadLinks: false,
  markdown: { attrs: { disable: true }, config: (md) => readAsText(md, paths) },
  themeConfig: {
    nav: sidebar
      .filter(({ text }) => inHeader.includes(text))
      .map(({ text, items }) => ({ text, link: items[0]?.link ?? '/' })),
    sidebar,
    outline: [2, 3],
    search: { provider: 'local', options: localSearch },
    docFooter: { prev: false, next: false },
  },
  // The search index is one chunk, fetched when somebody searches.
  vite: { build: { chunkSizeWarningLimit: 8_000 } },
  /** vitepress tells dead pages; it does not look at anchors, nor at what is fetched from elsewhere. */
  buildEnd({ outDir }) {
    const faults = builtFaults(outDir, base)
    if (faults.length > 0) throw new Error(`${faults.length} faults in the pages:\n${faults.join('\n')}`)
  },
})
