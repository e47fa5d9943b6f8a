import type { Command } from '../cli/command.ts'
import { usage } from '../cli/failure.ts'
import { GLOBAL_OPTIONS, type CommandGroup } from '../cli/program.ts'
import { bashScript, fishScript, zshScript, type Completable } from '../cli/completion-scripts.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

/** `tidings completion`, for the given commands. */
export function createCompletion(groups: () => readonly CommandGroup[]): Command {
  return {
    name: 'completion',
    summary: 'print a script that completes commands, options and profiles in your shell',
    args: [{ name: 'shell', about: 'bash, zsh or fish', choices: SHELLS }],
    examples: [
      'completion bash > ~/.local/share/bash-completion/completions/tidings',
      'completion zsh > ~/.zfunc/_tidings',
      'completion fish > ~/.config/fish/completions/tidings.fish',
    ],
    shapes: [{ what: 'the script', fields: ['shell', 'script'] }],
    run({ arg, out }) {
      const shell = SHELLS.find((each) => each === arg('shell'))
      if (shell === undefined) throw usage(`There is no script for “${arg('shell')}”.`)
      const words = groups().flatMap(({ commands }) => commands.map(completable))
      const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript }
      const script = scripts[shell](words, GLOBAL_OPTIONS)
      out.result({ shell, script }, script.trimEnd())
      return Promise.resolve()
    },
  }
}

function completable({ name, summary, options = [], args = [] }: Command): Completable {
  return { name, summary, options, choices: args.flatMap((argument) => argument.choices ?? []) }
}
