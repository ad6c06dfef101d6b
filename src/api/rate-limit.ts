import { ApiFailure } from './api-failure.ts'

interface Bucket {
  tokens: number
  atMs: number
}

/** Those who asked last are remembered; the rest has long had its due back. */
const BUCKETS_AT_MOST = 10_000

/** So many in a minute, as many at once; who asks more often is told when to come again. */
export class RateLimit {
  readonly #perMinute: number
  readonly #buckets = new Map<string, Bucket>()

  constructor(perMinute: number) {
    this.#perMinute = perMinute
  }

  /** Throws `ApiFailure` 429. `cost`: of a request that takes more than others. */
  take(key: string, nowMs: number, cost = 1): void {
    const bucket = this.#filled(key, nowMs)
    if (bucket.tokens < cost) {
      const seconds = Math.ceil(((cost - bucket.tokens) * 60) / this.#perMinute)
      throw new ApiFailure(429, 'too-many-requests', 'that was too often', {
        hint: `come again in ${seconds} s`,
        retryAfterSeconds: seconds,
      })
    }
    bucket.tokens -= cost
  }

  /** Whether there is anything left, without taking it. */
  hasLeft(key: string, nowMs: number): boolean {
    return this.#filled(key, nowMs).tokens >= 1
  }

  get size(): number {
    return this.#buckets.size
  }

  #filled(key: string, nowMs: number): Bucket {
    const known = this.#buckets.get(key)
    const bucket = known ?? { tokens: this.#perMinute, atMs: nowMs }
    const gained = (Math.max(0, nowMs - bucket.atMs) * this.#perMinute) / 60_000
    bucket.tokens = Math.min(this.#perMinute, bucket.tokens + gained)
    bucket.atMs = Math.max(bucket.atMs, nowMs)
    // Whoever asked longest ago stands first.
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > BUCKETS_AT_MOST) {
      const [oldest] = this.#buckets.keys()
      if (oldest !== undefined) this.#buckets.delete(oldest)
    }
    return bucket
  }
}
