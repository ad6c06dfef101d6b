import { describe, expect, test } from 'vitest'
import { missed, pageSteps } from './page-commands.ts'

const page = [
  'Text, and `code`.',
  '```yaml [gateway.yaml]',
  'listeners: []',
  '```',
  '```sh',
  '$ not a command of the page',
  '```',
  '```console',
  '$ tlsfit check a \\',
  '    --device b',
  'FITS',
  '$ true',
  '```',
].join('\n')

test('files and commands of a page come in order, commands with their continuation and output', () => {
  expect(pageSteps(page)).toEqual([
    { kind: 'file', name: 'gateway.yaml', text: 'listeners: []\n' },
    { kind: 'command', line: 9, command: 'tlsfit check a \\\n    --device b', output: ['FITS'] },
    { kind: 'command', line: 12, command: 'true', output: [] },
  ])
})

test('a fence that is left open and output without a command are faults of the page', () => {
  expect(() => pageSteps('```console\n$ a')).toThrow(/not closed/)
  expect(() => pageSteps('```console\nFITS\n```')).toThrow(/without a command/)
})

describe('what was printed against what is shown', () => {
  const printed = 'BLOCKED a\n  cause x\n\nchain 1,207 of 4,096\n  end\n'

  test.each([
    [['BLOCKED a', '  cause x', '', 'chain 1,207 of 4,096', '  end']],
    [['BLOCKED a', '…', '  end']],
    [['…', 'chain 1,205 of 4,096', '  end']],
    [['BLOCKED …', '…']],
    [['…', 'chain 1,205 … 4,096', '  end']],
    [['…', '  cause x', '…']],
    [['BLOCKED a', '…', 'chain 1,207 of 4,096', '…']],
  ])('%j is met', (shown) => expect(missed(shown, printed)).toBeUndefined())

  test.each([
    [['BLOCKED a'], 'more was printed'],
    [['BLOCKED b', '…'], 'another word'],
    [['  cause x', '…'], 'the first line is another'],
    [['BLOCKED a', '…', '  cause x'], 'the last line is another'],
    [['BLOCKED a', '…', 'chain 1,307 of 4,096', '…'], 'another size'],
    [['BLOCKED a', '…', 'chain 1,307 … 4,096', '…'], 'another size beside an ellipsis'],
    [['BLOCKED a', '…', '  end', '…', '  cause x', '…'], 'another order'],
    [['BLOCKED a', '…', '  end', '', '…', 'more'], 'more is shown'],
  ])('%j is not: %s', (shown) => expect(missed(shown, printed)).toBeDefined())

  test('a small number is told from its neighbour', () => {
    expect(missed(['exit 1'], 'exit 2')).toEqual(['exit 1'])
  })
})
