import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'

/** What is wrong with a log by the OASIS schema of SARIF 2.1.0, formats of URIs and times included; empty: nothing. */
export function sarifFaults(log: unknown): string[] {
  validate(log)
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`)
}

const validate = compileSchema()

function compileSchema() {
  const require = createRequire(import.meta.url)
  const folder = dirname(require.resolve('@microsoft/jest-sarif'))
  const text = readFileSync(join(folder, 'schemas', 'sarif-2.1.0-rtm.5.json'), 'utf8')
  // It names draft-04, and holds nothing that later drafts read otherwise but its own `id`.
  const { $schema, id, ...schema } = JSON.parse(text)
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false })
  formats.default(ajv)
  return ajv.compile(schema)
}
