import { FirmwareCache } from '../../src/gateway/cache/firmware-cache.ts'
import { fetchOver } from './scripted-upstream.ts'

/** A worker: reads the whole file through the cache in `folder` and prints its tag, or waits to be killed. */
const [folder = '', port = ''] = process.argv.slice(2)
const cache = await FirmwareCache.open({
  folder,
  maxBytes: 100_000_000,
  staleIfUnreachable: false,
  log: ({ kind, message }) => console.error(kind, message),
})
const found = await cache.find({ upstream: 's', url: '/fw', fetch: (ask) => fetchOver(Number(port), ask) })
if (found.kind === 'version') {
  const { version } = found
  let bytes = 0
  for await (const part of version.stream(0, version.length - 1)) bytes += part.length
  console.log(version.etag, bytes)
} else {
  console.log(found.kind, found.why)
}
