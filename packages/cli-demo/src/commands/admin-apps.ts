import type { SetClientSwitchesInput } from '@tidings/sdk'
import type { Command, Shape } from '../cli/command.ts'
import { usage } from '../cli/failure.ts'
import { safeLine } from '../words/safe-text.ts'
import { FRESH } from './admin.ts'

const SWITCHES: SetClientSwitchesInput['legacySwitches'] = [
  ...(['password', 'implicit', 'implicit_query', 'no_pkce', 'secret_in_query'] as const),
  'double_encoded_redirect',
]
const APP = { name: 'app', about: 'its client_id' }

/** `tidings admin show` */
export const adminShow: Command = {
  name: 'admin show',
  summary: 'show an app, and what it has asked for',
  args: [APP],
  examples: ['admin show 0193…'],
  shapes: [
    {
      what: 'an app, with who has registered it and what it has asked for',
      fields: [
        ...['id', 'name', 'description', 'clientUri', 'logoUri', 'redirectUris', 'grantTypes'],
        ...['confidential', 'state', 'suspended', 'scopes', 'legacySwitches', 'createdAt'],
        ...['updatedAt', 'creator', 'reviews'],
      ],
    },
  ],
  async run({ client, arg, out }) {
    const app = await client().admin.getClient({ clientId: arg('app') })
    const { id, name, state, suspended, scopes, legacySwitches, creator } = app
    const lines = [
      `${id}  ${safeLine(name)}  ${suspended ? 'suspended' : state}  by ${safeLine(creator.username)}`,
      `  scopes: ${scopes.join(' ')}`,
      ...(legacySwitches.length === 0 ? [] : [`  switches: ${legacySwitches.join(' ')}`]),
      ...app.redirectUris.map((uri) => `  ${safeLine(uri)}`),
    ]
    out.result(app, lines.join('\n'))
  },
}

const GIVEN: Shape = { what: 'what the app has from now on', fields: ['clientId', 'scopes'] }

/** `tidings admin scopes` */
export const adminScopes: Command = {
  name: 'admin scopes',
  summary: 'say what an app may ask for besides the base scopes; all else is taken from it',
  args: [APP, { name: 'scopes', about: 'all of them; none takes all', optional: true, many: true }],
  examples: ['admin scopes 0193… messages:read messages:send', 'admin scopes 0193…'],
  notes: FRESH,
  shapes: [GIVEN],
  async run({ client, arg, words, out }) {
    const given = { clientId: arg('app'), scopes: [...words('scopes')] }
    await client().admin.setClientScopes(given)
    out.result(given, given.scopes.join(' ') || 'the base scopes alone')
  },
}

/** `tidings admin switches` */
export const adminSwitches: Command = {
  name: 'admin switches',
  summary: 'say which of older systems’ ways an app may use; all others are off',
  args: [
    APP,
    {
      name: 'switches',
      about: `all of them, of ${SWITCHES.join(', ')}; none turns all off`,
      optional: true,
      many: true,
    },
  ],
  examples: ['admin switches 0193… password', 'admin switches 0193…'],
  notes: `${FRESH} Each is a known weakness: see docs/oauth.md.`,
  shapes: [{ what: 'what is on for the app', fields: ['clientId', 'legacySwitches'] }],
  async run({ client, arg, words, out }) {
    const legacySwitches = words('switches').map((word) => {
      const known = SWITCHES.find((name) => name === word)
      if (known === undefined) throw usage(`“${word}” is none of ${SWITCHES.join(', ')}.`)
      return known
    })
    const given = { clientId: arg('app'), legacySwitches }
    await client().admin.setClientSwitches(given)
    out.result(given, legacySwitches.join(' ') || 'all off')
  },
}

/** `tidings admin delete` */
export const adminDelete: Command = {
  name: 'admin delete',
  summary: 'delete an app, and end what users have let it do',
  args: [APP],
  examples: ['admin delete 0193…'],
  notes: FRESH,
  shapes: [{ what: 'the app that is gone', fields: ['clientId', 'deleted'] }],
  async run({ client, arg, out }) {
    const clientId = arg('app')
    await client().admin.deleteClient({ clientId })
    out.result({ clientId, deleted: true }, `app ${clientId} is gone`)
  },
}
