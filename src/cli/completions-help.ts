import type { CommandHelp } from './help.ts'

export const completionsHelp: CommandHelp = {
  usage: 'completions bash|zsh|fish',
  about:
    'Prints a script that completes commands, options, their values and ids of devices in your shell. It is of this version: make it anew after an update.',
  notes: [],
  groups: [],
  examples: [
    [
      'bash, with bash-completion',
      'tlsfit completions bash > ~/.local/share/bash-completion/completions/tlsfit',
    ],
    ['zsh, in a folder of fpath', 'tlsfit completions zsh > ~/.zfunc/_tlsfit'],
    ['fish', 'tlsfit completions fish > ~/.config/fish/completions/tlsfit.fish'],
  ],
}
