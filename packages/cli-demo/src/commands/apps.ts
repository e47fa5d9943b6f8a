import type { OAuthClient, OAuthConsent } from '@tidings/sdk'
import type { Call, Command, Option, Shape } from '../cli/command.ts'
import type { Output } from '../cli/output.ts'
import { safeLine } from '../words/safe-text.ts'

const FIELDS = [
  ...['id', 'name', 'description', 'clientUri', 'logoUri', 'redirectUris', 'grantTypes'],
  ...['confidential', 'state', 'suspended', 'scopes', 'legacySwitches', 'createdAt', 'updatedAt'],
]
const APP: Shape = { what: 'an app', fields: FIELDS }
const DETAILS: Shape = {
  what: 'an app, with what it has asked administrators for',
  fields: [...FIELDS, 'reviews'],
}
const APP_ID = { name: 'app', about: 'its client_id' }

const OPTIONS: readonly Option[] = [
  { flags: '--description <text>', about: 'what it does' },
  { flags: '--address <link>', about: 'where it is' },
  { flags: '--logo <link>', about: 'its picture' },
  {
    flags: '--redirect <uris>',
    about: 'where users come back to; several with commas between them',
  },
]

/** `tidings apps list` */
export const listApps: Command = {
  name: 'apps list',
  summary: 'list the apps that you have registered',
  examples: ['apps', 'apps list --json'],
  shapes: [APP],
  async run({ client, out }) {
    for (const app of await client().oauth.listClients()) out.result(app, line(app, out))
  },
}

/** `tidings apps create` */
export const createApp: Command = {
  name: 'apps create',
  summary: 'register an app; its secret is shown this once',
  args: [{ name: 'name', about: 'what users are asked to trust' }],
  options: [
    ...OPTIONS,
    { flags: '--public', about: 'it can keep no secret: it runs on people’s own devices' },
  ],
  examples: ['apps create "Night Bot" --redirect https://bot.example/callback'],
  shapes: [{ what: 'the app and its secret', fields: ['client', 'clientSecret'] }],
  async run(call) {
    const { client, arg, options, out } = call
    const created = await client().oauth.createClient({
      ...detailsIn(call),
      name: arg('name'),
      redirectUris: redirectsIn(call) ?? [],
      confidential: !options.flag('public'),
    })
    const { client: app, clientSecret } = created
    const secret = clientSecret === null ? '' : `\nclient_secret ${clientSecret}  (shown this once)`
    out.result(created, `client_id     ${app.id}${secret}`)
  },
}

/** `tidings apps show` */
export const showApp: Command = {
  name: 'apps show',
  summary: 'show an app of yours, and what became of what it has asked for',
  args: [APP_ID],
  examples: ['apps show 0193…'],
  shapes: [DETAILS],
  async run({ client, arg, out }) {
    const app = await client().oauth.getClient({ clientId: arg('app') })
    const answers = app.reviews.map(({ kind, state, answer }) => {
      return `  ${kind}: ${state}${answer === null ? '' : `, ${safeLine(answer)}`}`
    })
    out.result(app, [line(app, out), ...app.redirectUris.map(indented), ...answers].join('\n'))
  },
}

/** `tidings apps edit` */
export const editApp: Command = {
  name: 'apps edit',
  summary: 'change an app; another name or redirect URI goes back to review',
  args: [APP_ID],
  options: [{ flags: '--name <name>', about: 'another name' }, ...OPTIONS],
  examples: ['apps edit 0193… --description "Answers at night"'],
  shapes: [APP],
  async run(call) {
    const { client, arg, options, out } = call
    const app = await client().oauth.updateClient({
      ...detailsIn(call),
      clientId: arg('app'),
      name: options.text('name'),
      redirectUris: redirectsIn(call),
    })
    out.result(app, line(app, out))
  },
}

/** `tidings apps rotate-secret` */
export const rotateAppSecret: Command = {
  name: 'apps rotate-secret',
  summary: 'make another secret of an app; the one before is worth nothing from then on',
  args: [APP_ID],
  examples: ['apps rotate-secret 0193…'],
  notes: 'Needs a fresh sign-in, or “tidings confirm” within the last ten minutes.',
  shapes: [{ what: 'the secret, shown this once', fields: ['clientSecret'] }],
  async run({ client, arg, out }) {
    const answer = await client().oauth.rotateSecret({ clientId: arg('app') })
    out.result(answer, `client_secret ${answer.clientSecret}  (shown this once)`)
  },
}

/** `tidings apps submit` */
export const submitApp: Command = {
  name: 'apps submit',
  summary: 'ask the administrators to verify an app, so that others can use it',
  args: [APP_ID],
  options: [{ flags: '--reason <text>', about: 'what they should know' }],
  examples: ['apps submit 0193… --reason "For our night shift"'],
  shapes: [DETAILS],
  async run({ client, arg, options, out }) {
    const reason = options.text('reason')
    const app = await client().oauth.submitClient({ clientId: arg('app'), reason })
    out.result(app, line(app, out))
  },
}

/** `tidings apps apply` */
export const applyForScopes: Command = {
  name: 'apps apply',
  summary: 'ask the administrators for further scopes of a verified app',
  args: [APP_ID, { name: 'scopes', about: 'which ones', many: true }],
  options: [{ flags: '--reason <text>', about: 'what the app needs them for' }],
  examples: ['apps apply 0193… messages:read messages:send --reason "It answers"'],
  shapes: [DETAILS],
  async run({ client, arg, words, options, out }) {
    const reason = options.text('reason') ?? ''
    const scopes = [...words('scopes')]
    const app = await client().oauth.applyForScopes({ clientId: arg('app'), scopes, reason })
    out.result(app, line(app, out))
  },
}

/** `tidings apps delete` */
export const deleteApp: Command = {
  name: 'apps delete',
  summary: 'delete an app, and end what users have let it do',
  args: [APP_ID],
  examples: ['apps delete 0193…'],
  notes: 'Needs a fresh sign-in, or “tidings confirm” within the last ten minutes.',
  shapes: [{ what: 'the app that is gone', fields: ['clientId', 'deleted'] }],
  async run({ client, arg, out }) {
    const clientId = arg('app')
    await client().oauth.deleteClient({ clientId })
    out.result({ clientId, deleted: true }, `app ${clientId} is gone`)
  },
}

/** `tidings apps scopes` */
export const listScopes: Command = {
  name: 'apps scopes',
  summary: 'list what apps can be let do',
  examples: ['apps scopes'],
  shapes: [{ what: 'a scope', fields: ['name', 'description', 'base', 'restricted'] }],
  async run({ client, out }) {
    for (const scope of await client().oauth.listScopes()) {
      const mark = scope.base ? 'base' : scope.restricted ? 'restricted' : ''
      out.result(scope, `${scope.name}  ${safeLine(scope.description)}  ${out.paint('dim', mark)}`)
    }
  },
}

/** `tidings apps connected` */
export const connectedApps: Command = {
  name: 'apps connected',
  summary: 'list the apps that you have let act for you',
  examples: ['apps connected'],
  shapes: [
    {
      what: 'an app that you have let act for you',
      fields: [
        ...['id', 'clientId', 'name', 'clientUri', 'scopes', 'limited', 'createdAt'],
        'updatedAt',
      ],
    },
  ],
  async run({ client, out }) {
    for (const consent of await client().oauth.listConsents()) out.result(consent, words(consent))
  },
}

/** `tidings apps disconnect` */
export const disconnectApp: Command = {
  name: 'apps disconnect',
  summary: 'take back what you have let an app do',
  args: [{ name: 'consent', about: 'its id, as “apps connected” shows it' }],
  examples: ['apps disconnect 0193…'],
  shapes: [{ what: 'what you have taken back', fields: ['consentId', 'revoked'] }],
  async run({ client, arg, out }) {
    const consentId = arg('consent')
    await client().oauth.revokeConsent({ consentId })
    out.result({ consentId, revoked: true }, 'the app cannot act for you any more')
  },
}

function detailsIn({ options }: Call) {
  return {
    description: options.text('description'),
    clientUri: options.text('address'),
    logoUri: options.text('logo'),
  }
}

function redirectsIn({ options }: Call): string[] | undefined {
  return options.text('redirect')?.split(',')
}

function indented(text: string): string {
  return `  ${safeLine(text)}`
}

function line({ id, name, state, suspended, scopes }: OAuthClient, { paint }: Output): string {
  const what = suspended ? paint('red', 'suspended') : state
  return `${id}  ${paint('bold', safeLine(name))}  ${what}  ${paint('dim', scopes.join(' '))}`
}

function words({ id, name, scopes, limited }: OAuthConsent): string {
  const where = limited ? '  (in some conversations)' : ''
  return `${id}  ${safeLine(name)}  ${scopes.join(' ')}${where}`
}
