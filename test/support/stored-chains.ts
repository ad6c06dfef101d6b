import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** Paths of all captures and PEM files stored for tests; a folder that is not there holds none. */
export function storedChains(): string[] {
  return ['test/fixtures', 'test/captures', '../shared/chains'].flatMap((folder) => {
    try {
      return readdirSync(join(root, folder), { recursive: true })
        .map((name) => join(root, folder, String(name)))
        .filter((path) => /\.(pem|pcap|pcapng)$/.test(path))
    } catch {
      return []
    }
  })
}
