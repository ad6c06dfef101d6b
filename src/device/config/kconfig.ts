import { type ConfigFile, ConfigFileError, configLines, type Setting, shownLine } from './config-file.ts'

const assignment = /^(CONFIG_[A-Za-z0-9_]+)\s*=\s*(.*)$/
const unset = /^#\s*(CONFIG_[A-Za-z0-9_]+) is not set\s*$/

/** An `sdkconfig`, `prj.conf` or `.config`. Throws `ConfigFileError` at the first line that is none of Kconfig's. */
export function parseKconfig(text: string, file: string): ConfigFile {
  const settings = new Map<string, Setting>()
  configLines(text, file).forEach((raw, index) => {
    const line = index + 1
    const trimmed = raw.trim()
    const off = unset.exec(trimmed)?.[1]
    if (off !== undefined) {
      settings.set(off, { name: off, on: false, value: 'n', line, text: shownLine(raw) })
      return
    }
    if (trimmed === '' || trimmed.startsWith('#')) return
    const [, name, written] = assignment.exec(trimmed) ?? []
    if (name === undefined || written === undefined) {
      throw new ConfigFileError(
        'config-syntax',
        `${file}:${line}: is no line of a Kconfig file`,
        'write CONFIG_NAME=value, or # CONFIG_NAME is not set',
      )
    }
    const value = unquote(written)
    settings.set(name, { name, on: value !== 'n', value, line, text: shownLine(raw) })
  })
  return { syntax: 'kconfig', settings, includes: [], assumed: [] }
}

function unquote(written: string): string {
  const text = /^"((?:[^"\\]|\\.)*)"/.exec(written)?.[1]
  if (text !== undefined) return text.replace(/\\(.)/g, '$1')
  return written.replace(/\s+#.*$/, '').trim()
}

/** Decimal or `0x…`; undefined where it is no whole number. */
export function kconfigInteger({ value }: Setting): number | undefined {
  if (!/^(0[xX][0-9a-fA-F]{1,8}|\d{1,10})$/.test(value)) return undefined
  return Number(value)
}
