/** How `#if` sees a name: its replacement, `undefined` when it is not defined. */
export type Lookup = (name: string) => string | undefined

export interface Evaluated {
  readonly value: bigint
  /** Names that were looked up and are not defined. */
  readonly undefinedNames: readonly string[]
}

/** An expression that this reader does not follow; the caller decides what that means. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
}

const tokensAtMost = 512
const depthAtMost = 32
const token =
  /\s*(?:(0[xX][0-9a-fA-F]+|\d+)[uUlL]*|([A-Za-z_]\w*)|(<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%<>!~&|^?:()]))/y

/**
 * Value of a preprocessor expression, C11 §6.10.1: 64-bit, an undefined name is 0. Throws `ExpressionError` for what
 * it cannot follow, such as a macro with arguments, and beyond its bounds.
 */
export function evaluate(text: string, lookup: Lookup): Evaluated {
  const undefinedNames = new Set<string>()
  const value = new Evaluator(lookup, undefinedNames, { tokens: tokensAtMost }).run(text, 0)
  return { value, undefinedNames: [...undefinedNames] }
}

interface Budget {
  tokens: number
}

/** Binary operators by precedence, weakest first. */
const levels: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
]

class Evaluator {
  readonly #lookup: Lookup
  readonly #undefinedNames: Set<string>
  readonly #budget: Budget
  #tokens: string[] = []
  #at = 0

  constructor(lookup: Lookup, undefinedNames: Set<string>, budget: Budget) {
    this.#lookup = lookup
    this.#undefinedNames = undefinedNames
    this.#budget = budget
  }

  run(text: string, depth: number): bigint {
    this.#tokens = this.#split(text)
    this.#at = 0
    const value = this.#choice(depth)
    if (this.#at < this.#tokens.length) throw new ExpressionError(`unexpected ${this.#tokens[this.#at]}`)
    return value
  }

  #split(text: string): string[] {
    const found: string[] = []
    const rest = text.trim()
    token.lastIndex = 0
    while (token.lastIndex < rest.length) {
      const match = token.exec(rest)
      if (match === null) throw new ExpressionError('a character that is none of an expression')
      this.#budget.tokens -= 1
      if (this.#budget.tokens < 0) throw new ExpressionError('too long')
      found.push(match[1] ?? match[2] ?? match[3] ?? '')
    }
    return found
  }

  #take(): string {
    const taken = this.#tokens[this.#at]
    if (taken === undefined) throw new ExpressionError('ends too soon')
    this.#at += 1
    return taken
  }

  #skip(wanted: string): boolean {
    if (this.#tokens[this.#at] !== wanted) return false
    this.#at += 1
    return true
  }

  #expect(wanted: string): void {
    if (!this.#skip(wanted)) throw new ExpressionError(`${wanted} is missing`)
  }

  #choice(depth: number): bigint {
    if (depth > depthAtMost) throw new ExpressionError('too deep')
    const condition = this.#binary(0, depth)
    if (!this.#skip('?')) return condition
    const yes = this.#choice(depth + 1)
    this.#expect(':')
    const no = this.#choice(depth + 1)
    return condition !== 0n ? yes : no
  }

  #binary(level: number, depth: number): bigint {
    const operators = levels[level]
    if (operators === undefined) return this.#unary(depth)
    let left = this.#binary(level + 1, depth)
    for (;;) {
      const operator = this.#tokens[this.#at]
      if (operator === undefined || !operators.includes(operator)) return left
      this.#at += 1
      left = BigInt.asIntN(64, apply(operator, left, this.#binary(level + 1, depth)))
    }
  }

  #unary(depth: number): bigint {
    if (depth > depthAtMost) throw new ExpressionError('too deep')
    const taken = this.#take()
    if (taken === '!') return this.#unary(depth + 1) === 0n ? 1n : 0n
    if (taken === '-') return BigInt.asIntN(64, -this.#unary(depth + 1))
    if (taken === '+') return this.#unary(depth + 1)
    if (taken === '~') return ~this.#unary(depth + 1)
    if (taken === '(') {
      const value = this.#choice(depth + 1)
      this.#expect(')')
      return value
    }
    if (/^\d/.test(taken)) return BigInt.asIntN(64, BigInt(/^0\d+$/.test(taken) ? octal(taken) : taken))
    if (taken === 'defined') return this.#defined()
    if (/^[A-Za-z_]/.test(taken)) return this.#named(taken, depth)
    throw new ExpressionError(`unexpected ${taken}`)
  }

  #defined(): bigint {
    const bracket = this.#skip('(')
    const name = this.#take()
    if (bracket) this.#expect(')')
    if (this.#lookup(name) !== undefined) return 1n
    this.#undefinedNames.add(name)
    return 0n
  }

  #named(name: string, depth: number): bigint {
    if (this.#tokens[this.#at] === '(') throw new ExpressionError(`${name} takes arguments`)
    const replacement = this.#lookup(name)
    if (replacement === undefined) {
      this.#undefinedNames.add(name)
      return 0n
    }
    return new Evaluator(this.#lookup, this.#undefinedNames, this.#budget).run(replacement, depth + 1)
  }
}

function octal(text: string): string {
  if (/[89]/.test(text)) throw new ExpressionError(`${text} is no octal number`)
  return `0o${text}`
}

function apply(operator: string, a: bigint, b: bigint): bigint {
  const bit = (truth: boolean) => (truth ? 1n : 0n)
  switch (operator) {
    case '||':
      return bit(a !== 0n || b !== 0n)
    case '&&':
      return bit(a !== 0n && b !== 0n)
    case '|':
      return a | b
    case '^':
      return a ^ b
    case '&':
      return a & b
    case '==':
      return bit(a === b)
    case '!=':
      return bit(a !== b)
    case '<':
      return bit(a < b)
    case '<=':
      return bit(a <= b)
    case '>':
      return bit(a > b)
    case '>=':
      return bit(a >= b)
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '<<':
    case '>>':
      if (b < 0n || b > 63n) throw new ExpressionError('a shift beyond 64 bits')
      return operator === '<<' ? a << b : a >> b
    default:
      if (b === 0n) throw new ExpressionError('a division by nothing')
      return operator === '/' ? a / b : a % b
  }
}
