import { commands } from './commands.ts'
import { exitCodesHelp } from './help.ts'

/** `tlsfit --help`. */
export function formatOverview(columns: number): string {
  const rule =
    columns >= 60 ? 'Can your device connect, why not, and what fixes it.' : 'Can your device connect?'
  const nameColumns = 2 + Math.max(...Object.keys(commands).map((name) => name.length))
  const lines = [
    "tlsfit: see any TLS endpoint through your device's eyes.",
    rule,
    '',
    'usage',
    '    tlsfit COMMAND [options]',
    '',
    'commands',
    ...Object.entries(commands).map(([name, { about }]) => `  ${name.padEnd(nameColumns)}${about}`),
    '',
    'examples',
    '  tlsfit demo',
    '  tlsfit check https://example.com/fw.bin --device nrf9160@1.3.7',
    '  tlsfit check chain.pem --device esp-idf@5.2 --anchor root.pem',
    '  tlsfit devices show nrf9160@1.3.7',
    '  tlsfit check --help',
    '',
    'options of every command',
    '  --format text|json|jsonl      where it makes sense',
    '  --help                        options and examples of the command',
    '  --version                     of tlsfit',
    '',
    'exit codes',
    ...exitCodesHelp.map((line) => `  ${line}`),
  ]
  return `${lines.join('\n')}\n`
}
