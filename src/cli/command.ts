import type { ParsedArguments } from './arguments.ts'
import type { CliIo } from './cli-io.ts'

/** A command: what it takes, and what it does. */
export interface Command {
  readonly args: OptionTable
  /** Returns the exit code. */
  readonly run: (call: CommandCall) => Promise<number>
}

/** Options and positional arguments by name, in the order of the help. */
export type OptionTable = { readonly [name: string]: OptionRow }

export interface OptionRow {
  readonly type: 'positional' | 'string' | 'boolean'
  readonly description: string
  /** What stands for its value in the help. */
  readonly valueHint?: string
  /** All that it may be, where the hint does not list them; shells complete them. */
  readonly words?: readonly string[]
}

/** How a command was called. */
export interface CommandCall {
  readonly io: CliIo
  readonly parsed: ParsedArguments
}
