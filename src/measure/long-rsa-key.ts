import { createPrivateKey, generatePrime, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

const prime = promisify<number, { readonly bigint: true }, bigint>(generatePrime)

const KEY_BITS = 8192
const PRIMES = 8
const EXPONENT = 65_537n

/**
 * An RSA key of 8,192 bits whose two factors are products of four primes each. Two primes of 4,096 bits take minutes to
 * find, eight small ones a second. It is weaker than it looks, and protects nothing; whoever verifies it sees no difference.
 */
export async function makeLongRsaKey(): Promise<KeyObject> {
  const primes = await makePrimes()
  const p = factorOf(primes.slice(0, PRIMES / 2))
  const q = factorOf(primes.slice(PRIMES / 2))
  const n = p.value * q.value
  const d = inverse(EXPONENT, leastCommonMultiple(p.order, q.order))
  return createPrivateKey({
    key: {
      kty: 'RSA',
      n: base64url(n),
      e: base64url(EXPONENT),
      d: base64url(d),
      p: base64url(p.value),
      q: base64url(q.value),
      dp: base64url(d % p.order),
      dq: base64url(d % q.order),
      qi: base64url(inverse(q.value % p.value, p.value)),
    },
    format: 'jwk',
  })
}

async function makePrimes(): Promise<bigint[]> {
  const primes: bigint[] = []
  while (primes.length < PRIMES - 1) {
    const one = await prime(KEY_BITS / PRIMES, { bigint: true })
    if (suits(one, primes)) primes.push(one)
  }
  const product = primes.reduce((all, one) => all * one, 1n)
  // As long as the others leave it, or a bit longer: so that all together have so many bits and no fewer.
  for (let more = 0; ; more = 1 - more) {
    const last = await prime(KEY_BITS - bitsOf(product) + more, { bigint: true })
    if (suits(last, primes) && bitsOf(product * last) === KEY_BITS) return [...primes, last]
  }
}

function suits(one: bigint, others: readonly bigint[]): boolean {
  return (one - 1n) % EXPONENT !== 0n && !others.includes(one)
}

const bitsOf = (value: bigint) => value.toString(2).length

interface Factor {
  readonly value: bigint
  /** Each number to this power is 1 modulo the value, where they have no factor in common. */
  readonly order: bigint
}

function factorOf(primes: readonly bigint[]): Factor {
  return {
    value: primes.reduce((product, one) => product * one, 1n),
    order: primes.map((one) => one - 1n).reduce(leastCommonMultiple, 1n),
  }
}

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b]
  while (y !== 0n) [x, y] = [y, x % y]
  return (a / x) * b
}

/** Euclid's algorithm, extended; `value` and `modulus` have no factor in common. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value, modulus, 1n, 0n]
  while (b !== 0n) {
    const times = a / b
    ;[a, b, x, y] = [b, a - times * b, y, x - times * y]
  }
  return ((x % modulus) + modulus) % modulus
}

function base64url(value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
}
