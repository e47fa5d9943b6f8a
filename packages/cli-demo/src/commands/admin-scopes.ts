import type { Call, Command, Option } from '../cli/command.ts'
import { FRESH } from './admin.ts'

const NAME = { name: 'name', about: 'as “apps scopes” shows it' }
const YES_NO = ['yes', 'no']
const CHANGES: readonly Option[] = [
  { flags: '--base <yes-or-no>', about: 'whether every app has it', choices: YES_NO },
  {
    flags: '--restricted <yes-or-no>',
    about: 'whether administrators alone give it, and no app can ask for it',
    choices: YES_NO,
  },
]

/** `tidings admin create-scope` */
export const createScope: Command = {
  name: 'admin create-scope',
  summary: 'add a scope, for the app that embeds the server to check',
  args: [
    { name: 'name', about: 'lower-case letters, digits and _ . : -' },
    { name: 'description', about: 'what it lets an app do, for the page that asks users' },
  ],
  options: CHANGES,
  examples: ['admin create-scope shop:orders "See what you have ordered"'],
  notes: FRESH,
  shapes: [{ what: 'the scope', fields: ['name', 'description', 'base', 'restricted'] }],
  async run(call) {
    const [name, description] = [call.arg('name'), call.arg('description')]
    const { base = false, restricted = false } = changesIn(call)
    const scope = { name, description, base, restricted }
    await call.client().admin.createScope(scope)
    call.out.result(scope, `${name} is there`)
  },
}

/** `tidings admin edit-scope` */
export const editScope: Command = {
  name: 'admin edit-scope',
  summary: 'change a scope',
  args: [NAME],
  options: [{ flags: '--description <text>', about: 'what it lets an app do' }, ...CHANGES],
  examples: ['admin edit-scope shop:orders --restricted yes'],
  notes: FRESH,
  shapes: [{ what: 'the scope that is another now', fields: ['name', 'changed'] }],
  async run(call) {
    const name = call.arg('name')
    const description = call.options.text('description')
    await call.client().admin.updateScope({ name, description, ...changesIn(call) })
    call.out.result({ name, changed: true }, `${name} is changed`)
  },
}

/** `tidings admin delete-scope` */
export const deleteScope: Command = {
  name: 'admin delete-scope',
  summary: 'delete a scope, and take it from every app',
  args: [NAME],
  examples: ['admin delete-scope shop:orders'],
  notes: FRESH,
  shapes: [{ what: 'the scope that is gone', fields: ['name', 'deleted'] }],
  async run({ client, arg, out }) {
    const name = arg('name')
    await client().admin.deleteScope({ name })
    out.result({ name, deleted: true }, `${name} is gone`)
  },
}

function changesIn({ options }: Call) {
  const yes = (name: string): boolean | undefined => {
    const word = options.text(name)
    return word === undefined ? undefined : word === 'yes'
  }
  return { base: yes('base'), restricted: yes('restricted') }
}
