import type { FindingId } from '../../src/finding/details.ts'
import { stages } from '../../src/finding/stage.ts'
import { findingsOfStage, isFinding } from './finding-links.ts'
import { type SitePage, titleOf } from './site-page.ts'

/** `findings.md`: every finding by the stage of the connection at which the device meets it. */
export function findingsIndex(pages: readonly SitePage[]): SitePage {
  const byId = new Map(
    pages.flatMap((page) => (idOf(page) === undefined ? [] : [[idOf(page), page] as const])),
  )
  const blocks = stages.flatMap((stage) => {
    const items = findingsOfStage(stage).map((id) => `- ${indexLine(id, byId.get(id))}`)
    return items.length === 0 ? [] : [`## ${stage}`, `${stageNames[stage]}.`, items.join('\n')]
  })
  const head = [
    '# Findings',
    'What tlsfit can say of an endpoint and a device, one page each: how it shows on devices, how to tell it from its like, ' +
      'what is counted, cures best first. In the order in which a device lives a connection. By what the device printed: ' +
      '[the devices’ own words](/words.md).',
  ]
  return { path: 'findings.md', source: undefined, text: `${[...head, ...blocks].join('\n\n')}\n` }
}

/** The page with what devices show for it, from the data, before the cures' own end. */
export function withWords(page: SitePage, words: (id: FindingId) => string): SitePage {
  const id = idOf(page)
  return id === undefined ? page : { ...page, text: `${page.text.trimEnd()}\n\n${words(id)}\n` }
}

function idOf({ path }: SitePage): FindingId | undefined {
  const id = /^findings\/(.+)\.md$/.exec(path)?.[1]
  return id !== undefined && isFinding(id) ? id : undefined
}

/** The heading as it is written: `id: the device's words`, the id as link. */
function indexLine(id: FindingId, page: SitePage | undefined): string {
  if (page === undefined) throw new Error(`the finding ${id} has no page`)
  const heading = /^# (.+)$/m.exec(page.text)?.[1] ?? titleOf(page)
  return `[${id}](/findings/${id}.md)${heading.slice(id.length)}`
}

const stageNames: { readonly [S in (typeof stages)[number]]: string } = {
  dns: 'The name is looked up',
  tcp: 'The connection is opened',
  hello: 'Device and server agree on version, suite and group',
  chain: 'The certificates arrive and must fit',
  path: 'The path from the server’s certificate to a root that the device holds',
  name: 'The name in the certificate',
  dates: 'The dates of the certificates against the device’s clock',
  handshake: 'The rest of the handshake',
  records: 'The size of the records that carry the data',
  http: 'The HTTP answer',
  mqtt: 'The MQTT answer',
}
