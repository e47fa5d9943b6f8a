import { format } from 'prettier'
import type { Argument, Command, Option } from '../../src/cli/command.ts'
import { EXIT_CODES, EXIT_MEANINGS } from '../../src/cli/exit-codes.ts'
import { GLOBAL_OPTIONS, type CommandGroup } from '../../src/cli/program.ts'

const INTRODUCTION = `# The terminal client

\`tidings\` talks to a Tidings server from a terminal or a script. From a clone:

\`\`\`sh
npm start                              # a server on http://127.0.0.1:3000, in another terminal
npm run chat -- register ann           # asks for a password
npm run chat -- --profile bob register bob
npm run chat -- chat @bob
\`\`\`

npm says on stdout what it runs; for scripts, \`npm run --silent chat -- …\`, or \`node packages/cli-demo/dist/tidings.js …\`.

This page is made from the program's own descriptions, and a test compares the two.

A conversation is named by its id, by \`@user\`, or by the name of a group. A user is named by \`@name\` or by his id.

## For scripts

- With \`--json\` every result is one JSON object on a line of its own on stdout, and nothing else is there. Control characters
  and invisible ones are escaped, so that a terminal does not obey them.
- An error is a line on stderr: \`{"error":{"code","message"}}\` with \`--json\`, else a sentence. \`code\` is one of the server's
  codes, or \`USAGE\`, \`PROFILE\` (a file of the profile cannot be used), \`INTERRUPTED\`. What is worth knowing besides is
  \`{"notice":{"message"}}\`, on stderr too.
- A password comes from the first line of stdin (\`--password-stdin\`), from \`TIDINGS_PASSWORD\`, or is asked for; it is never an
  argument.
- \`NO_COLOR\` is respected, \`FORCE_COLOR\` too.
`

const PROFILES = `## Profiles

Each profile is one sign-in, kept in \`$XDG_CONFIG_HOME/tidings/profiles/<name>\` (else \`~/.config/tidings/profiles/<name>\`), a folder
that its owner alone can read. \`--profile\`, else \`TIDINGS_PROFILE\`, else \`default\` chooses it; \`--url\`, else \`TIDINGS_URL\`, else the
server that the profile is signed in at, else \`http://127.0.0.1:3000\` is asked. A token is shown to the server that gave it and
to no other. Several programs may use one profile at once; only one \`tidings chat\` at a time keeps its messages.
`

/** docs/cli.md */
export function documentationOf(groups: readonly CommandGroup[]): Promise<string> {
  const sections = [
    INTRODUCTION,
    exitCodes(),
    PROFILES,
    '## Every command takes\n',
    optionTable(GLOBAL_OPTIONS),
    ...groups.flatMap(({ title, commands }) => [
      `## ${title.replace(':', '')}\n`,
      ...commands.map(commandSection),
    ]),
  ]
  return format(sections.join('\n'), { parser: 'markdown', printWidth: 100 })
}

function exitCodes(): string {
  const rows = Object.entries(EXIT_CODES).map(
    ([name, code]) => `| ${code} | ${EXIT_MEANINGS[name as keyof typeof EXIT_CODES]} |`,
  )
  return `## Exit codes\n\n| code | meaning |\n| --- | --- |\n${rows.join('\n')}\n`
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function optionTable(options: readonly Option[]): string {
  const rows = options.map(
    ({ flags, about, choices }) =>
      `| \`${flags}\` | ${cell(about)}${choices === undefined ? '' : ` (${choices.join(', ')})`} |`,
  )
  return `| option | |\n| --- | --- |\n${rows.join('\n')}\n`
}

const wordOf = ({ name, optional, many }: Argument): string => {
  const inner = many === true ? `${name}...` : name
  return optional === true ? `[${inner}]` : `<${inner}>`
}

function commandSection({
  name,
  summary,
  args = [],
  options = [],
  examples,
  notes,
  shapes,
}: Command): string {
  return [
    `### \`tidings ${[name, ...args.map(wordOf)].join(' ')}\`\n`,
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.${notes === undefined ? '' : ` ${notes.replaceAll('\n', ' ')}`}\n`,
    ...args.map((argument) => `- \`${argument.name}\`: ${argument.about}`),
    '',
    options.length === 0 ? '' : optionTable(options),
    `\`\`\`sh\n${examples.map((example) => (example.includes('tidings ') ? example : `tidings ${example}`)).join('\n')}\n\`\`\`\n`,
    ...shapes.map(({ what, fields }) => `Prints ${what}: \`{ ${fields.join(', ')} }\`\n`),
  ].join('\n')
}
