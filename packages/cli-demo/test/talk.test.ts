import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createClient } from '@tidings/sdk'
// What the run's setup provides to `databases.ts`.
import type {} from '../../server/test/support/postgres-setup.ts'
import { openWorld, type World } from '../../sdk/test/support/world.ts'
import { widthOf } from '../src/screen/width.ts'
import { buildProgram, openMachine, type Built, type Machine } from './support/program.ts'
import { clientOf, PASSWORD, signInOn } from './support/sign-in.ts'
import { noTmux, openTerminals, type Terminal, type Terminals } from './support/tmux.ts'

if (noTmux !== undefined) console.log(noTmux)

// Terminals on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const ESC = '\u001B'

describe.skipIf(noTmux !== undefined)('tidings chat in a real terminal', () => {
  let built: Built
  let terminals: Terminals
  beforeAll(async () => {
    built = await buildProgram()
    terminals = openTerminals()
  })
  afterAll(async () => {
    await terminals[Symbol.asyncDispose]()
    await built[Symbol.asyncDispose]()
  })

  interface Scene extends AsyncDisposable {
    readonly world: World
    readonly machine: Machine
    /** Starts chat for somebody. */
    sit(name: string, options?: Partial<Seat>): Promise<Terminal>
  }
  interface Seat {
    readonly columns: number
    readonly rows: number
    readonly args: string
    readonly env: Readonly<Record<string, string>>
    /** Around the command. */
    readonly shell: (command: string) => string
  }

  async function openScene(...names: readonly string[]): Promise<Scene> {
    const world = await openWorld()
    const machine = openMachine(built.file, world.url)
    await Promise.all(names.map((name) => signInOn(machine, name)))
    return {
      world,
      machine,
      sit(
        name,
        {
          columns = 90,
          rows = 24,
          args = '',
          env = {},
          shell = (line: string) => `exec ${line}`,
        } = {},
      ) {
        const command = `'${process.execPath}' '${built.file}' chat ${args} --profile ${name}`
        return terminals.open({
          columns,
          rows,
          command: shell(command),
          env: { ...machine.env, NO_COLOR: '', ...env },
        })
      },
      async [Symbol.asyncDispose]() {
        await machine[Symbol.asyncDispose]()
        await world[Symbol.asyncDispose]()
      },
    }
  }

  test('[CLI11] two people talk: presence, typing, ticks, what is unread; and go on after a restart of the server', async () => {
    await using scene = await openScene('ann', 'bob')
    const { world, machine } = scene
    const [ann, bob] = await Promise.all([
      scene.sit('ann', { args: '@bob', shell: telling }),
      scene.sit('bob', { columns: 60, rows: 15, shell: telling }),
    ])
    await ann.until(/@bob ● here/)
    await ann.type('Hungry? 🍜 한글')
    await bob.until(/@ann ● here/)
    await bob.until(/ann is typing …/)
    await ann.press('Enter')
    await bob.until(/ann +Hungry\? 🍜 한글/)
    await ann.until(/you +Hungry\? 🍜 한글 ✓✓/)
    // Bob has it on his screen, so it is read: cyan, as long as there are colours.
    await expectEventually(() => ann.colours(), new RegExp(`36m(${ESC}\\[[0-9;]*m)*✓✓`))

    await bob.type('Always')
    await bob.press('M-Enter')
    await bob.type('on two lines')
    await ann.until(/bob is typing …/)
    await bob.press('Enter')
    await ann.until(/bob +Always\n.*│ +on two lines/)

    // Another conversation: it is counted, and read once it is shown.
    const cat = createClient({ url: world.url })
    await cat.account.register({ username: 'cat', password: PASSWORD, signIn: true })
    const { id: conversationId } = await cat.conversation.open({ username: 'ann' })
    await cat.message.send({ conversationId, body: { kind: 'text', text: 'Hello ann' } })
    const mentions = [(await cat.user.get({ username: 'ann' })).id]
    await cat.message.send({
      conversationId,
      body: { kind: 'text', text: 'still there?' },
      mentions,
    })
    await ann.until(/Conversations \(2\)[^]* ○ cat +@2/)
    await ann.press('Tab')
    const both = await ann.until(/cat +Hello ann/)
    expect(both).toMatch(/─ new ─[^]*Hello ann[^]*still there\?/)
    await ann.until((screen) => !screen.includes('Conversations (2)'))
    await cat.close()
    await ann.press('BTab')
    await ann.until(/@bob ●/)

    await world.restart(async () => {
      await ann.until(/no connection, again in|connecting …/)
      await ann.type('Written meanwhile')
      await ann.press('Enter')
      await ann.until(/Written meanwhile ◌/)
    })
    await bob.until(/ann +Written meanwhile/)
    await ann.until(/Written meanwhile ✓✓/)
    await ann.type('/edit')
    await ann.press('Enter')
    await ann.until(/changing a message/)
    await ann.press('BSpace', 'BSpace')
    await ann.type('le again')
    await ann.press('Enter')
    await bob.until(/Written meanwhile again\s+(│\s+)?\(changed\)/)
    await ann.type('/delete')
    await ann.press('Enter')
    await bob.until(/\(deleted\)/)

    await ann.press('C-c')
    await bob.press('C-c')
    for (const terminal of [ann, bob]) await terminal.until(/ended with 0/)
    await expectSame(machine)
  })

  /** The server has each message once, in the order in which they were said. */
  async function expectSame(machine: Machine): Promise<void> {
    const lines = await machine.json(['history', '@bob', '--all', '--profile', 'ann'])
    expect(lines.map(({ body }) => body.text ?? body.kind)).toEqual([
      'Hungry? 🍜 한글',
      'Always\non two lines',
      'deleted',
    ])
  }

  test('[CLI11] [CLI10] older messages come with PgUp, and what somebody wrote cannot touch the terminal', async () => {
    await using scene = await openScene('ann', 'bob')
    const bob = await clientOf(scene.machine, 'bob')
    const { id: conversationId } = await bob.conversation.open({ username: 'ann' })
    const send = (text: string) =>
      bob.message.send({ conversationId, body: { kind: 'text', text } })
    const { id: groupId } = await bob.group.create({ name: 'evil\u202Eorder', joinPolicy: 'open' })
    await Promise.all(
      Array.from({ length: 130 }, (_, index) => send(`message number ${index + 1}`)),
    )
    await send('\u001B[2J\u001B]0;mine\u0007\u009B1m\r\u202Eevil')
    const ann = await scene.sit('ann', { args: '@bob', columns: 60, rows: 15 })
    await ann.until(/␛\[2J␛\]0;mine␇�1m␍evil/)
    expect(await ann.ask('#{pane_title}')).not.toContain('mine')
    await ann.until(
      (screen) => screen.includes('message number 130') && !screen.includes('message number 120'),
    )
    await ann.pressUntil('PPage', /message number 1\n/)
    const scrolled = await ann.until(/↓ \d+ more lines/)
    await send('one more')
    await ann.until(/↓ \d+ more lines/)
    const still = (screen: string): string[] => screen.match(/message number \d+\n/g) ?? []
    expect(still(await ann.screen())).toEqual(still(scrolled))
    await ann.press('Escape')
    await ann.until(/one more/)
    await ann.type(`/join ${groupId}`)
    await ann.press('Enter')
    await ann.until(/evilorder +2 members/)
    await ann.type('/nonsense')
    await ann.press('Enter')
    await ann.until(/There is no \/nonsense/)
    await ann.press('C-u')
    await ann.type('/leave')
    await ann.press('Enter')
    await ann.until(/you have left evilorder/)
    await bob.close()
  })

  test('[CLI12] the screen follows the size of the terminal, without colours too, and the terminal is left as it was', async () => {
    await using scene = await openScene('ann', 'bob')
    const shell = (command: string): string =>
      `echo before; ${command}; echo "after $?"; stty -a | grep -o ' icanon\\| echo '; exec cat`
    const ann = await scene.sit('ann', {
      args: '@bob',
      columns: 100,
      rows: 30,
      env: { NO_COLOR: '1', CI: 'true' },
      shell,
    })
    await ann.until(/@bob/)
    await ann.type('a message that is long enough to need a second line on a narrow screen')
    await ann.press('Enter')
    await ann.until(/narrow screen ✓/)
    expect(await ann.colours()).not.toMatch(new RegExp(`${ESC}\\[[0-9;]*(3[1-7]|9[0-7])m`))
    for (const [columns, rows] of [
      [60, 15],
      [40, 10],
      [120, 40],
      [60, 15],
    ] as const) {
      await ann.resize(columns, rows)
      await ann.until(
        (screen) => isWhole(screen, { columns, rows }) && /screen[\s│]*✓/.test(screen),
      )
    }
    await ann.type('한글 ok')
    await ann.until(/› 한글 ok/)
    // Behind the list, the prompt and the six columns of what was typed.
    expect(await ann.ask('#{cursor_x} #{cursor_flag}')).toBe(`${18 + 1 + 2 + 7} 1`)
    await ann.press('C-c')
    const left = await ann.until(/after 0\n[^]*icanon[^]*echo/)
    expect(left.trim().split('\n')[0]).toBe('before')
    expect(left).not.toContain('Conversations')
    expect(await ann.ask('#{alternate_on} #{cursor_flag}')).toBe('0 1')
  })

  /** Everything is there once, and stands where it belongs. */
  function isWhole(screen: string, { columns, rows }: { columns: number; rows: number }): boolean {
    const lines = screen.replace(/\n$/, '').split('\n')
    const once = [/@bob/g, /Write a message/g].every((part) => screen.match(part)?.length === 1)
    const isPlaced =
      lines.length === rows && lines[0]?.includes('@bob') === true && lines.at(-1) === ''
    const fits = lines.every((line) => widthOf(line) <= columns)
    return once && isPlaced && fits && screen.includes('Conversations') === columns >= 50
  }

  test('[CLI14] what is written without a network outlives a kill -9 and is sent at the next start, once', async () => {
    await using scene = await openScene('ann', 'bob')
    const { world, machine } = scene
    const ann = await scene.sit('ann', { args: '@bob' })
    await ann.until(/@bob/)
    await ann.type('first')
    await ann.press('Enter')
    await ann.until(/first ✓/)
    world.proxy.refuse(true)
    world.proxy.cut()
    await ann.until(/no connection|connecting/)
    await ann.type('typed offline')
    await ann.press('Enter')
    await ann.until(/typed offline ◌/)
    await ann.type('and this')
    await ann.press('Enter')
    await ann.until(/and this ◌/)
    process.kill(Number(await ann.ask('#{pane_pid}')), 'SIGKILL')
    await expectEventually(() => ann.ask('#{pane_dead}'), /^1$/)

    // Still without a network: everything is there.
    const again = await scene.sit('ann', { args: '@bob' })
    await again.until(/first ✓[^]*typed offline ◌[^]*and this ◌/)
    world.proxy.refuse(false)
    await again.until(/typed offline ✓[^]*and this ✓/)
    await again.press('C-c')
    const lines = await machine.json(['history', '@bob', '--all', '--profile', 'ann'])
    expect(lines.map(({ body }) => String(body.text))).toEqual([
      'first',
      'typed offline',
      'and this',
    ])
  })

  test('[CLI4] [CLI16] a password is asked for unseen; a session that is ended elsewhere ends chat with 3 and says so', async () => {
    await using scene = await openScene('ann', 'bob')
    const { machine } = scene
    const shell = (command: string): string =>
      `${command.replace(/chat .*/, 'login ann --profile x')} && ${telling(command.replace(/--profile .*/, '--profile x'))}`
    const ann = await scene.sit('ann', { args: '@bob', shell })
    await ann.until(/Password:/)
    await ann.type('wrong')
    await ann.press('C-u')
    await ann.type(`${PASSWORD}x`)
    await ann.press('BSpace', 'Enter')
    await ann.until(/@bob/)
    const client = await clientOf(machine, 'ann')
    await client.session.revokeOthers()
    await client.close()
    await ann.until(/SESSION_REVOKED/)
    const everything = await ann.history()
    expect(everything).toMatch(/^Password:\s*\nann is signed in/)
    expect(everything).not.toMatch(/correct|wrong/)
    await ann.until(/ended with 3/)
  })
})

/** The shell says how the program ended: tmux itself at times misses that a program has. */
const telling = (command: string): string => `{ ${command}; echo "ended with $?"; exec cat; }`

/** Looks until it fits. */
async function expectEventually(look: () => Promise<string>, wanted: RegExp): Promise<void> {
  await expect.poll(look, { timeout: 30_000, interval: 40 }).toMatch(wanted)
}
