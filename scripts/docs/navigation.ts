import { type SitePage, titleOf } from './site-page.ts'

export interface NavigationItem {
  readonly text: string
  readonly link: string
}

export interface NavigationGroup {
  readonly text: string
  readonly collapsed: boolean
  readonly items: readonly NavigationItem[]
}

/** What a reader comes for, in the order in which readers come; `*` stands for the rest of a folder, by title. */
const groups: readonly { readonly text: string; readonly pages: readonly string[] }[] = [
  { text: 'Start', pages: ['start/errno-111.md', 'start/*'] },
  {
    text: 'Stories',
    pages: [
      'stories/nordic-azure-fota.md',
      'stories/nordic-aws-mqtt.md',
      'stories/memfault-fota.md',
      'stories/esp32-ota.md',
      'stories/spwf04-azure-table.md',
      'stories/*',
    ],
  },
  { text: 'Findings', pages: ['findings.md', 'words.md'] },
  {
    text: 'Devices',
    pages: ['device-pages.md', 'devices.md', 'guides/write-or-measure-a-profile.md', 'measure.md'],
  },
  {
    text: 'Guides',
    pages: [
      'check.md',
      'trust.md',
      'credentials.md',
      'forecasts.md',
      'fixes.md',
      'serve.md',
      'gateway.md',
      'guides/gateway-in-production.md',
      'watch.md',
      'alerts.md',
      'guides/*',
    ],
  },
  {
    text: 'Reference',
    pages: [
      'library.md',
      'api/index.md',
      'dialects.md',
      'architecture.md',
      'dependencies.md',
      'releasing.md',
      'contributing.md',
      'changelog.md',
    ],
  },
  {
    text: 'Trust',
    pages: [
      'security.md',
      'security-model.md',
      'fidelity.md',
      'cases.md',
      'hit-rate.md',
      'golden.md',
      'reliability.md',
      'performance.md',
      'bench.md',
      'comparison.md',
    ],
  },
]

/** What a heading says at length, in a word. */
const shortNames: ReadonlyMap<string, string> = new Map([
  ['words.md', 'By the device’s words'],
  ['devices.md', 'How a profile is made'],
  ['measure.md', 'Measure a device'],
  ['device-pages.md', 'All devices'],
  ['findings.md', 'All findings'],
  ['trust.md', 'Roots a device needs'],
  ['credentials.md', 'Credentials in a device’s form'],
  ['forecasts.md', 'What is to come'],
  ['serve.md', 'A local OTA server'],
  ['fidelity.md', 'Fidelity'],
  ['cases.md', 'Right causes first'],
  ['reliability.md', 'Reliability'],
  ['api/index.md', 'Library API'],
])

/** Folders whose pages are listed on a page of their own, and what is reached by links alone. */
const listedElsewhere = /^(?:index\.md$|findings\/|devices\/|words\/|files\/|api\/.)/

/** The side bar: pages that exist, grouped. A page that no group names stands under "More", so that none is lost. */
export function navigationOf(pages: readonly SitePage[]): readonly NavigationGroup[] {
  const left = new Map(pages.map((page) => [page.path, page]))
  const named = new Set(groups.flatMap((group) => group.pages))
  const take = (path: string): NavigationItem[] => {
    const page = left.get(path)
    left.delete(path)
    return page === undefined ? [] : [itemOf(page)]
  }
  const rest = (folder: string) =>
    [...left.keys()]
      .filter((path) => path.startsWith(folder) && !named.has(path))
      .flatMap(take)
      .sort(byText)
  const made = groups.map(({ text, pages: wanted }) => ({
    text,
    collapsed: false,
    items: wanted.flatMap((path) => (path.endsWith('/*') ? rest(path.slice(0, -1)) : take(path))),
  }))
  const more = [...left.keys()]
    .filter((path) => !listedElsewhere.test(path))
    .flatMap(take)
    .sort(byText)
  return [...made, { text: 'More', collapsed: false, items: more }].filter(({ items }) => items.length > 0)
}

function itemOf(page: SitePage): NavigationItem {
  return { text: shortNames.get(page.path) ?? titleOf(page), link: `/${page.path.replace(/\.md$/, '')}` }
}

function byText(a: NavigationItem, b: NavigationItem): number {
  return a.text < b.text ? -1 : 1
}
