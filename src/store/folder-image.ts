import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants } from 'node:zlib'

/** What heads the contents: an image is `index length (u32), index (JSON), contents`, compressed as a whole. */
interface ImageIndex {
  readonly folders: readonly string[]
  /** Files of the same content lead to the same place. */
  readonly files: readonly (readonly [path: string, start: number, length: number])[]
}

/** A folder with all that is in it, as one block of bytes. */
export async function packFolder(folder: string): Promise<Buffer> {
  const folders: string[] = []
  const files: [string, number, number][] = []
  const places = new Map<string, number>()
  const contents: Buffer[] = []
  let length = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const name = path.slice(folder.length + 1)
    if (entry.isDirectory()) {
      folders.push(name)
      continue
    }
    const content = readFileSync(path)
    const digest = createHash('sha256').update(content).digest('hex')
    let start = places.get(digest)
    if (start === undefined) {
      start = length
      places.set(digest, start)
      contents.push(content)
      length += content.length
    }
    files.push([name, start, content.length])
  }
  const index = Buffer.from(
    JSON.stringify({ folders: folders.sort(), files: files.sort() } satisfies ImageIndex),
  )
  const head = Buffer.alloc(4)
  head.writeUInt32BE(index.length)
  return promisify(brotliCompress)(Buffer.concat([head, index, ...contents]), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 },
  })
}

/** Written so many at once. */
const SIDE_BY_SIDE = 16

/** `folder` is made; where that fails, part of it is left. */
export async function unpackFolder(image: Buffer, folder: string): Promise<void> {
  const bytes = await promisify(brotliDecompress)(image)
  const from = 4 + bytes.readUInt32BE(0)
  const { folders, files } = JSON.parse(bytes.toString('utf8', 4, from)) as ImageIndex
  mkdirSync(folder, { recursive: true })
  for (const name of folders) await mkdir(join(folder, name), { recursive: true })
  const left = [...files].reverse()
  const lane = async () => {
    for (let file = left.pop(); file !== undefined; file = left.pop()) {
      const [name, start, length] = file
      await writeFile(join(folder, name), bytes.subarray(from + start, from + start + length))
    }
  }
  // All of them end before it fails: what is written into a folder may be taken away then.
  const ended = await Promise.allSettled(Array.from({ length: SIDE_BY_SIDE }, lane))
  const failed = ended.find((one) => one.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
