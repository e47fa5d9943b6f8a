import type { Option } from './command.ts'

/** A command, as far as completing it goes. */
export interface Completable {
  readonly name: string
  readonly summary: string
  readonly options: readonly Option[]
  /** Words that its arguments may be. */
  readonly choices: readonly string[]
}

type Script = (commands: readonly Completable[], globals: readonly Option[]) => string

const PROFILES = '"${XDG_CONFIG_HOME:-$HOME/.config}/tidings/profiles"'

const firstWords = (commands: readonly Completable[]): string[] => [
  ...new Set(commands.map(({ name }) => name.split(' ')[0] ?? '')),
]

const longName = ({ flags }: Option): string => flags.split(' ')[0] ?? ''
const takesValue = ({ flags }: Option): boolean => flags.includes('<')

/** The second words of each first word. */
function subcommands(commands: readonly Completable[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const { name } of commands) {
    const [first = '', second] = name.split(' ')
    if (second !== undefined) found.set(first, [...(found.get(first) ?? []), second])
  }
  return found
}

/** What follows a command: its options and the words to choose from. */
function follows({ options, choices }: Completable, globals: readonly Option[]): string {
  return [...choices, ...[...options, ...globals].map(longName), '--help'].join(' ')
}

/** Options whose value is one of a few words, as patterns of a `case`. */
function valueCases(commands: readonly Completable[]): readonly string[] {
  const options = commands.flatMap((command) => command.options)
  return options.flatMap((option) =>
    option.choices === undefined
      ? []
      : [`${longName(option)}) words="${option.choices.join(' ')}" ;;`],
  )
}

function plainValues(commands: readonly Completable[], globals: readonly Option[]): string {
  const options = [...commands.flatMap((command) => command.options), ...globals]
  const names = options
    .filter((option) => takesValue(option) && option.choices === undefined)
    .map(longName)
    .filter((name) => name !== '--profile')
  return [...new Set(names)].join('|')
}

/** The part that bash and zsh share: sets `words` for the word after `previous`, of the command `first second`. */
function cases(commands: readonly Completable[], globals: readonly Option[]): string {
  const subs = subcommands(commands)
  const lines = commands.map((command) => {
    const pattern = command.name.includes(' ') ? command.name : `${command.name}*`
    return `    "${pattern.replace('*', '')}"${pattern.endsWith('*') ? '*' : ''}) words="${follows(command, globals)}" ;;`
  })
  const groups = [...subs].map(
    ([first, seconds]) => `    "${first} "*) words="${seconds.join(' ')} --help" ;;`,
  )
  return `  case "$previous" in
    --profile) words="$(command ls ${PROFILES} 2>/dev/null)" ;;
    ${plainValues(commands, globals)}) words="" ;;
    ${valueCases(commands).join('\n    ')}
    *) case "$first $second" in
    " ") words="${[...firstWords(commands), ...globals.map(longName), '--help', '--version'].join(' ')}" ;;
${lines.join('\n')}
${groups.join('\n')}
    *) words="" ;;
    esac ;;
  esac`
}

/** Finds the command: the first two words before the cursor that are neither options nor their values. */
function findCommand(globals: readonly Option[], count: string): string {
  const values = globals.filter(takesValue).map(longName).join('|')
  return `  for ((i = 1; i < ${count}; i++)); do
    case "\${typed[i]}" in
      ${values}) i=$((i + 1)) ;;
      -*) ;;
      *) if [ -z "$first" ]; then first="\${typed[i]}"; elif [ -z "$second" ]; then second="\${typed[i]}"; fi ;;
    esac
  done`
}

/** For bash. */
export const bashScript: Script = (commands, globals) => `# tidings: completion for bash
_tidings() {
  local -a typed=("\${COMP_WORDS[@]}")
  local previous="\${COMP_WORDS[COMP_CWORD - 1]}" current="\${COMP_WORDS[COMP_CWORD]}" first="" second="" words="" i
${findCommand(globals, 'COMP_CWORD')}
${cases(commands, globals)}
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _tidings tidings
`

/** For zsh: as a file \`_tidings\` on the \`fpath\`, or sourced. */
export const zshScript: Script = (commands, globals) => `#compdef tidings
_tidings() {
  emulate -L zsh -o KSH_ARRAYS
  local -a typed
  typed=("\${words[@]}")
  local at=$((CURRENT - 1)) first="" second="" i
  local previous="\${typed[at - 1]}" words=""
${findCommand(globals, 'at')}
${cases(commands, globals)}
  local -a found
  found=(\${=words})
  compadd -- "\${found[@]}"
}
if [ "$funcstack[1]" = _tidings ]; then _tidings "$@"; else compdef _tidings tidings; fi
`

/** For fish. */
export const fishScript: Script = (commands, globals) => {
  const subs = subcommands(commands)
  const firsts = firstWords(commands)
  const lines = ['# tidings: completion for fish', 'complete -c tidings -f']
  for (const first of firsts) {
    const summary = commands.find(({ name }) => name === first)?.summary ?? `manage your ${first}`
    lines.push(`complete -c tidings -n __fish_use_subcommand -a ${first} -d ${quote(summary)}`)
  }
  for (const { name, summary, options, choices } of commands) {
    const [first = '', second] = name.split(' ')
    const seen = `__fish_seen_subcommand_from ${first}`
    const condition =
      second === undefined ? seen : `${seen}; and __fish_seen_subcommand_from ${second}`
    if (second !== undefined) {
      const others = (subs.get(first) ?? []).join(' ')
      lines.push(
        `complete -c tidings -n ${quote(`${seen}; and not __fish_seen_subcommand_from ${others}`)} -a ${second} -d ${quote(summary)}`,
      )
    }
    for (const choice of choices)
      lines.push(`complete -c tidings -n ${quote(condition)} -a ${choice}`)
    for (const option of options) lines.push(fishOption(option, `-n ${quote(condition)} `))
  }
  for (const option of globals) lines.push(fishOption(option, ''))
  return `${lines.join('\n')}\n`
}

function fishOption(option: Option, condition: string): string {
  const profiles =
    '(command ls ~/.config/tidings/profiles $XDG_CONFIG_HOME/tidings/profiles 2>/dev/null | string match -v "*:")'
  const values = longName(option) === '--profile' ? ` -a ${quote(profiles)}` : ''
  const choices = option.choices === undefined ? values : ` -a ${quote(option.choices.join(' '))}`
  const value = takesValue(option) ? ` -x${choices}` : ''
  return `complete -c tidings ${condition}-l ${longName(option).slice(2)}${value} -d ${quote(option.about)}`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`
}
