import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { COMMAND_GROUPS } from '../src/commands/all.ts'
import { documentationOf } from './support/documentation.ts'
import { openMachine } from './support/program.ts'

const machine = () => openMachine('', 'http://127.0.0.1:9')

test('[CLI15] docs/cli.md says what the program can do', async () => {
  await expect(await documentationOf(COMMAND_GROUPS)).toMatchFileSnapshot('../../../docs/cli.md')
})

test('[CLI5] help has examples, and a misspelt word or option gets the right one suggested', async () => {
  await using here = machine()
  const root = await here.runHere(['--help'])
  expect(root).toMatchObject({ code: 0, stderr: '' })
  for (const { commands } of COMMAND_GROUPS)
    for (const { name } of commands) expect(root.stdout).toContain(`  ${name.split(' ')[0]} `)
  for (const { name, examples } of COMMAND_GROUPS.flatMap(({ commands }) => commands)) {
    const { code, stdout } = await here.runHere([...name.split(' '), '--help'])
    expect(code, name).toBe(0)
    for (const example of examples) expect(stdout, name).toContain(example)
  }
  const said = async (...args: string[]) => (await here.runHere(args)).stderr
  expect(await said('conversation')).toContain('Did you mean conversations?')
  expect(await said('groups', 'creat', 'Lunch')).toContain('Did you mean create?')
  expect(await said('history', '@bob', '--limt', '3')).toContain('Did you mean --limit?')
  expect(await said('groups', 'role', 'Lunch', '@bob', 'boss')).toContain(
    'Allowed choices are owner, admin, member',
  )
  expect(await said('groups', '--json')).toContain('UNAUTHENTICATED')
  expect(await here.runHere([])).toMatchObject({ code: 2, stdout: '' })
})

const HAS = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0

/** What bash offers for the last of these words. */
function completedByBash(
  script: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
): readonly string[] {
  const list = words.map((word) => `'${word}'`).join(' ')
  const program = `${script}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _tidings; printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['--norc', '-c', program], { env, encoding: 'utf8' })
    .trim()
    .split('\n')
}

test('[CLI5] the completion knows commands, options, choices and profiles', async () => {
  await using here = machine()
  for (const profile of ['home', 'work'])
    mkdirSync(join(here.config, 'tidings', 'profiles', profile), { recursive: true })
  const script = async (shell: string) => (await here.runHere(['completion', shell])).stdout
  const bash = await script('bash')
  const complete = (...words: string[]) =>
    completedByBash(bash, ['tidings', ...words], { ...process.env, ...here.env })
  expect(complete('hist')).toEqual(['history'])
  expect(complete('')).toEqual(
    expect.arrayContaining(['register', 'groups', 'chat', '--json', '--profile']),
  )
  expect(complete('groups', 'r').toSorted()).toEqual(['remove', 'rename', 'revoke', 'role'])
  expect(complete('--profile', 'home', 'history', '--bef')).toEqual(['--before'])
  expect(complete('--profile', '')).toEqual(['home', 'work'])
  expect(complete('groups', 'create', '--history', '')).toEqual(['all', 'joined'])
  expect(complete('completion', 'z')).toEqual(['zsh'])
  expect(complete('history', '--limit', '')).toEqual([''])
})

const otherShells = ['zsh', 'fish'].filter(HAS)
if (otherShells.length < 2) console.log('zsh or fish is not installed: its completion is not tried')

test.skipIf(otherShells.length === 0)(
  '[CLI5] zsh and fish, where they are installed, take their scripts',
  async () => {
    await using here = machine()
    const folder = mkdtempSync(join(inject('runFolder'), 'completion-'))
    try {
      for (const shell of otherShells) {
        const file = join(folder, shell)
        writeFileSync(file, (await here.runHere(['completion', shell])).stdout)
        expect(spawnSync(shell, ['-n', file], { encoding: 'utf8' }), shell).toMatchObject({
          status: 0,
          stderr: '',
        })
      }
      for (const shell of otherShells.filter((name) => name === 'fish')) {
        const asked = `source ${join(folder, shell)}; complete -C 'tidings groups cre'`
        expect(execFileSync(shell, ['-N', '-c', asked], { encoding: 'utf8' })).toMatch(/^create\t/)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)
