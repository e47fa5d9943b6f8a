import type { AdminSettings } from '@tidings/sdk'
import type { Command, Shape } from '../cli/command.ts'
import { parseJson } from '../cli/json.ts'
import { usage } from '../cli/failure.ts'
import { FRESH } from './admin.ts'

const NAMES = [
  ...['roles', 'grantTypes', 'accessTokenFormat', 'accessTokenLength', 'accessTokenLifetime'],
  ...['codeLength', 'codeLifetime', 'refreshTokenLifetime', 'baseScopes'],
]
const SETTINGS: Shape = { what: 'what holds for all apps; lifetimes in seconds', fields: NAMES }

/** `tidings admin settings` */
export const adminSettings: Command = {
  name: 'admin settings',
  summary: 'show what holds for all apps',
  examples: ['admin settings', 'admin settings --json'],
  shapes: [SETTINGS],
  async run({ client, out }) {
    const settings = await client().admin.getSettings()
    out.result(settings, linesOf(settings))
  },
}

/** `tidings admin set` */
export const adminSet: Command = {
  name: 'admin set',
  summary: 'change what holds for all apps',
  args: [
    { name: 'setting', about: 'which one', choices: NAMES },
    { name: 'value', about: 'a number, a word, or for a list all of it with commas in between' },
  ],
  examples: [
    'admin set accessTokenLifetime 900',
    'admin set baseScopes account:read,users:read',
    'admin set accessTokenFormat jwt',
  ],
  notes: FRESH,
  shapes: [SETTINGS],
  async run({ client, arg, out }) {
    const { admin } = client()
    const name = arg('setting')
    const before = Object.entries(await admin.getSettings()).find(([one]) => one === name)
    if (before === undefined) throw usage(`This server has no setting “${name}”.`)
    const settings = await admin.updateSettings({ [name]: valueOf(before[1], arg('value')) })
    out.result(settings, linesOf(settings))
  },
}

/** Of the type that the setting has; whether it can be that is said by the server. */
function valueOf(before: unknown, text: string): unknown {
  if (typeof before === 'number') return parseJson(text, 'This setting')
  return Array.isArray(before) ? text.split(',').filter((word) => word !== '') : text
}

function linesOf(settings: AdminSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}  ${Array.isArray(value) ? value.join(',') : value}`)
    .join('\n')
}
