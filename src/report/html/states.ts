import type { StageVerdict, State } from '../../judge/verdict.ts'

/** How a state is shown: by a word and a sign, the colour only besides. */
export interface Look {
  readonly className: string
  readonly glyph: string
  readonly word: string
}

export const stateLooks: { readonly [S in State]: Look } = {
  blocked: { className: 'bad', glyph: '✗', word: 'blocked' },
  undecided: { className: 'open', glyph: '?', word: 'undecided' },
  'at-risk': { className: 'warn', glyph: '!', word: 'at risk' },
  fits: { className: 'good', glyph: '✓', word: 'fits' },
}

export const stageLooks: { readonly [S in StageVerdict['state']]: Look } = {
  ...stateLooks,
  'not-seen': { className: 'dim', glyph: '–', word: 'not seen' },
}

/** The worst first. */
export const stateOrder: readonly State[] = ['blocked', 'undecided', 'at-risk', 'fits']
