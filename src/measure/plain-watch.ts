import { REDIRECTED_PATH } from '../exam/serving.ts'

/** Waits for devices that were sent to plain http, by their address and the path that they were sent to. */
export class PlainWatch {
  readonly #expected = new Map<string, () => void>()

  /** A request in the clear has come. Whether a device was sent there. */
  came(address: string, firstBytes: Uint8Array): boolean {
    const told = this.#expected.get(address)
    if (told === undefined || !Buffer.from(firstBytes).includes(` ${REDIRECTED_PATH}`)) return false
    told()
    return true
  }

  /** What is returned tells whether it came, up to `waitMs` after it is called. */
  expect(address: string): (waitMs: number) => Promise<boolean> {
    let came = () => {}
    const coming = new Promise<true>((resolve) => {
      came = () => resolve(true)
    })
    this.#expected.set(address, came)
    return async (waitMs) => {
      let timer: NodeJS.Timeout | undefined
      const over = new Promise<false>((resolve) => {
        timer = setTimeout(() => resolve(false), waitMs)
      })
      const told = await Promise.race([coming, over])
      clearTimeout(timer)
      if (this.#expected.get(address) === came) this.#expected.delete(address)
      return told
    }
  }
}
