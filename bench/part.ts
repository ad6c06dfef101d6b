import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface Usage {
  readonly processorSeconds: number
  readonly megabytes: number
}

/** A process that does what it is told, line by line. */
export class Part {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(args: readonly string[], what = 'watch') {
    this.#child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', what, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const { stdout } = this.#child
    if (stdout === null) throw new Error('no output')
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  }

  async ask(...words: readonly (string | number)[]): Promise<object> {
    this.#child.stdin?.write(`${words.join(' ')}\n`)
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`the process ended at: ${words.join(' ')}`)
    return JSON.parse(value)
  }

  async usage(): Promise<Usage> {
    return (await this.ask('usage')) as Usage
  }

  async end(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.stdin?.end()
    await ended
  }
}

export function usage(): Usage {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
  return { processorSeconds: (userCPUTime + systemCPUTime) / 1e6, megabytes: (maxRSS * 1024) / 1e6 }
}

/** Answers each line of the input with one of JSON. */
export async function answerLines(answer: (words: readonly string[]) => Promise<object>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(line.split(' ')))}\n`)
  }
}
