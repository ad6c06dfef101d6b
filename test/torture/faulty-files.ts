import { promisify } from 'node:util'
import { Faults } from './faults.ts'

/**
 * `error`: EIO in place of the act. `partial`: half of what was to be written, read or listed, and of what has no halves
 * all of it, told as failed. `hang`: no answer until `answerLate`.
 */
export const fileFaults = ['error', 'partial', 'hang'] as const
export type FileFault = (typeof fileFaults)[number] | 'none'

type Promises = typeof import('node:fs/promises')
type Files = typeof import('node:fs')
// biome-ignore lint/suspicious/noExplicitAny: functions of node:fs with all their overloads
type Act = (...given: any[]) => any
type Answer = ReturnType<Act>

/** The calls of `node:fs` that name a path under one folder, or a file opened there: what tests of its failures go by. */
class FaultyFiles {
  faults = new Faults()
  fault: FileFault = 'none'
  readonly #late: (() => void)[] = []
  readonly #descriptors = new Set<number>()
  #under: string | undefined

  /** From the next call on: the one of number `at` goes wrong; none where it is negative. */
  strike(under: string, fault: FileFault, at: number, onFault?: (call: string) => void): void {
    this.#under = under
    this.fault = fault
    this.faults = new Faults(at, onFault)
  }

  /** Nothing goes wrong, and nothing is counted any more. */
  calm(): void {
    this.#under = undefined
    this.answerLate()
  }

  /** What hangs is done now. */
  answerLate(): void {
    for (const answer of this.#late.splice(0)) answer()
  }

  /** In place of `node:fs/promises`. */
  promises(real: Promises): Promises {
    const given: Record<string, Act> = { ...(real as unknown as Record<string, Act>) }
    for (const name of ofPaths) {
      const act = given[name]!
      given[name] = (path: unknown, ...rest: unknown[]) =>
        this.#isUnder(path)
          ? this.#try(name, () => act(path, ...rest), half(name, act, path, rest))
          : act(path, ...rest)
    }
    const { open } = given
    given.open = async (path: unknown, ...rest: unknown[]) => {
      const file = await open!(path, ...rest)
      return this.#isUnder(path) ? this.#handle(file) : file
    }
    return given as unknown as Promises
  }

  /** In place of `node:fs`. What answers in the same turn cannot hang. */
  files(real: Files): Files {
    const given: Record<string, Act> = { ...(real as unknown as Record<string, Act>) }
    for (const name of ['statSync', 'readFileSync', 'writeFileSync']) {
      const act = given[name]!
      given[name] = (path: unknown, ...rest: unknown[]) => {
        if (!this.#isUnder(path) || !this.faults.hits(name)) return act(path, ...rest)
        if (this.fault === 'error' || (this.fault === 'partial' && name === 'statSync'))
          throw failure(name, path)
        const got = act(path, ...rest)
        return this.fault === 'partial' && name === 'readFileSync' ? got.slice(0, got.length >> 1) : got
      }
    }
    const ofDescriptor = (name: string) => {
      const act: Act = promisify(given[name]! as Files['fstat'])
      const tried = (fd: number, ...rest: unknown[]) => {
        if (!this.#descriptors.has(fd)) return act(fd, ...rest)
        if (name === 'close') this.#descriptors.delete(fd)
        const whole = () => act(fd, ...rest)
        return name === 'close'
          ? this.#try(name, whole, whole, whole)
          : this.#try(name, whole, halfRead(name, act, fd, rest))
      }
      return Object.assign(backward(tried), { [promisify.custom]: tried })
    }
    const open = promisify(given.open!)
    const opened = async (path: unknown, ...rest: unknown[]) => {
      if (!this.#isUnder(path)) return open(path, ...rest)
      const whole = () => open(path, ...rest)
      const shut = async () => promisify(real.close)((await whole()) as number)
      const fd: number = await this.#try('open', whole, shut)
      this.#descriptors.add(fd)
      return fd
    }
    given.open = Object.assign(backward(opened), { [promisify.custom]: opened })
    for (const name of ['read', 'fstat', 'close']) given[name] = ofDescriptor(name)
    return given as unknown as Files
  }

  #handle(file: {
    close(): Promise<void>
    sync(): Promise<void>
    writeFile(bytes: Uint8Array): Promise<void>
  }): unknown {
    const close = file.close.bind(file)
    const sync = file.sync.bind(file)
    const write = file.writeFile.bind(file)
    return Object.assign(file, {
      // What failed to be closed is closed all the same, as close(2) has it.
      close: () => this.#try('close', close, close, close),
      sync: () => this.#try('sync', sync),
      writeFile: (bytes: Uint8Array) =>
        this.#try(
          'write',
          () => write(bytes),
          () => write(bytes.subarray(0, bytes.length >> 1)),
        ),
    })
  }

  async #try(
    call: string,
    act: () => Answer,
    partly: () => Promise<unknown> = act,
    before: () => Promise<unknown> = async () => {},
  ): Promise<Answer> {
    if (this.#under === undefined || !this.faults.hits(call)) return act()
    switch (this.fault) {
      case 'none':
        return act()
      case 'hang':
        await new Promise<void>((resolve) => this.#late.push(resolve))
        return act()
      case 'error':
        await before()
        throw failure(call)
      case 'partial': {
        const got = await partly()
        if (reads.has(call)) return got
        throw failure(call)
      }
    }
  }

  #isUnder(path: unknown): boolean {
    return this.#under !== undefined && String(path).startsWith(this.#under)
  }
}

export const faultyFiles = new FaultyFiles()

const ofPaths = [
  ...['open', 'readFile', 'writeFile', 'rename', 'rm', 'link', 'mkdir', 'readdir', 'stat', 'statfs'],
  ...['utimes', 'chmod', 'realpath', 'access'],
]
/** Where half an answer is one. */
const reads: ReadonlySet<string> = new Set(['readFile', 'readdir', 'read'])

function half(name: string, act: Act, path: unknown, [first, ...rest]: unknown[]): () => Promise<unknown> {
  const whole = () => act(path, first, ...rest)
  if (name === 'writeFile') {
    const text = Buffer.from(first as string)
    return () => act(path, text.subarray(0, text.length >> 1), ...rest)
  }
  // It is there, and nobody has it.
  if (name === 'open') return async () => (await whole()).close()
  if (name === 'readFile' || name === 'readdir') {
    return async () => {
      const got = await whole()
      return got.slice(0, got.length >> 1)
    }
  }
  return whole
}

function halfRead(name: string, act: Act, fd: number, rest: unknown[]): () => Promise<unknown> {
  if (name !== 'read') return () => act(fd, ...rest)
  const [block, offset, length, position] = rest as [Buffer, number, number, number]
  return () => act(fd, block, offset, length >> 1, position)
}

/** With a callback at the end, as `node:fs` has it: without one, what fails to be closed is thrown. */
function backward(act: Act): Act {
  return (...given) => {
    const back = typeof given.at(-1) === 'function' ? (given.pop() as Act) : undefined
    act(...given).then(
      (got: Answer) =>
        back?.(
          null,
          ...(typeof got === 'object' && 'bytesRead' in got ? [got.bytesRead, got.buffer] : [got]),
        ),
      (error: unknown) => {
        if (back === undefined) throw error
        back(error)
      },
    )
  }
}

function failure(call: string, path?: unknown): Error {
  const code = call === 'write' || call === 'writeFile' ? 'ENOSPC' : 'EIO'
  return Object.assign(new Error(`${code}: injected, ${call}`), { code, syscall: call, path })
}
