// A thread beside the fuzzing: a case that never comes back stops everything but it. It writes the case down, and ends
// the process.
import { mkdirSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { workerData } from 'node:worker_threads'

const { head, bytes, folder, names, seconds } = workerData
const [COUNT, LENGTH, READER] = [0, 1, 2]
let last = -1
let since = Date.now()

setInterval(() => {
  const count = Atomics.load(head, COUNT)
  if (count !== last || count === 0) {
    last = count
    since = Date.now()
    return
  }
  if (Date.now() - since < seconds * 1000) return
  const name = names[Atomics.load(head, READER)]
  const file = join(folder, `${name.replaceAll(/[^\w-]/g, '-')}-endless.bin`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, Buffer.from(bytes.slice(0, Atomics.load(head, LENGTH))))
  writeSync(
    2,
    `\n${name}: a case takes more than ${seconds} s\n  npm run fuzz -- --replay ${file} --reader ${name}\n`,
  )
  process.kill(process.pid, 'SIGKILL')
}, 1000)
