/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { APP_LIMITS, SCOPES, type OAuthScope } from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { answerPage, leadTo } from '../base/answer.ts'
import { Choice, Choices, TextArea, TextField } from '../base/fields.tsx'
import { Form } from '../base/layout.tsx'
import { formProblem, problemOf, type Again } from '../base/problems-of.ts'
import type { Fields, OwnVisit } from '../base/visit.ts'
import { AdminPage } from './frame.tsx'

/** What apps can be let do. */
export async function showScopes(visit: OwnVisit): Promise<Response> {
  return answerPage(await scopesPage(visit))
}

async function scopesPage(visit: OwnVisit, again?: Again): Promise<JSX.Element> {
  const scopes = await visit.call.oauth.listScopes()
  return (
    <AdminPage visit={visit} title="Scopes" at="/admin/scopes" error={again?.error}>
      <section class="card" aria-label="Scopes">
        <ul class="rows">
          {scopes.map((scope) => (
            <ScopeRow visit={visit} scope={scope} />
          ))}
        </ul>
      </section>
      <AddScope visit={visit} again={again} />
    </AdminPage>
  )
}

function AddScope({ visit, again }: { visit: OwnVisit; again: Again | undefined }): JSX.Element {
  return (
    <section class="card" aria-labelledby="add">
      <h2 id="add">Add a scope</h2>
      <p class="quiet">
        Tidings asks for its own scopes. Further ones are for the app that embeds this server.
      </p>
      <Form visit={visit} action="/admin/scopes">
        <TextField
          name="name"
          label="Name"
          hint="Such as reports:read"
          value={again?.fields.exact('name')}
          problem={problemOf(again?.error, 'name')}
          maxlength={64}
          required
        />
        <ScopeFields {...again} />
        <button type="submit">Add</button>
      </Form>
    </section>
  )
}

interface ScopeFieldsProps extends Partial<Again> {
  /** What the form is filled with at first. */
  readonly scope?: OAuthScope | undefined
}

function ScopeFields({ scope, fields, error }: ScopeFieldsProps): JSX.Element {
  const { base, restricted } = fields === undefined ? (scope ?? NO_FLAGS) : flagsOf(fields)
  return (
    <>
      <TextArea
        name="description"
        label="What it lets an app do, for the consent page"
        value={fields?.exact('description') ?? scope?.description}
        problem={problemOf(error, 'description')}
        maxlength={APP_LIMITS.proseLength}
        required
      />
      <Choices name="base" legend="Kind" problem={problemOf(error, 'base')}>
        <Choice
          name="base"
          value="yes"
          label="Base scope"
          hint="Every app has it."
          checked={base}
        />
        <Choice
          name="restricted"
          value="yes"
          label="Restricted"
          hint="No app can apply for it; administrators give it."
          checked={restricted}
        />
      </Choices>
    </>
  )
}

const NO_FLAGS = { base: false, restricted: false }

function ScopeRow({ visit, scope }: { visit: OwnVisit; scope: OAuthScope }): JSX.Element {
  const { name, description, base, restricted } = scope
  return (
    <li>
      <div class="what">
        <p>
          <code>{name}</code> {base ? <span class="tag good">base</span> : null}{' '}
          {restricted ? <span class="tag warn">restricted</span> : null}
        </p>
        <p class="quiet small">{description}</p>
      </div>
      <a href={visit.href(`/admin/scopes/${encodeURIComponent(name)}`)} aria-label={`Edit ${name}`}>
        Edit
      </a>
    </li>
  )
}

/** Adds a scope. */
export async function addScope(visit: OwnVisit, fields: Fields): Promise<Response> {
  try {
    const description = fields.text('description')
    const scope = { name: fields.text('name'), description, ...flagsOf(fields) }
    await visit.call.admin.createScope(scope)
    return leadTo(visit.href('/admin/scopes?done=saved'))
  } catch (thrown) {
    const error = formProblem(thrown)
    return answerPage(await scopesPage(visit, { fields, error }), { error })
  }
}

function flagsOf(fields: Fields) {
  return { base: fields.exact('base') === 'yes', restricted: fields.exact('restricted') === 'yes' }
}

/** One scope, to be edited. */
export async function showScope(visit: OwnVisit): Promise<Response> {
  return answerPage(await scopePage(visit))
}

function nameOf(visit: OwnVisit): string {
  return visit.request.req.param('name') ?? ''
}

async function scopePage(visit: OwnVisit, again?: Again): Promise<JSX.Element> {
  const scopes = await visit.call.oauth.listScopes()
  const scope = scopes.find(({ name }) => name === nameOf(visit))
  if (scope === undefined) return <NoScope visit={visit} />
  const { name } = scope
  const place = `/admin/scopes/${name}`
  return (
    <AdminPage visit={visit} title={name} at="/admin/scopes" error={again?.error}>
      <section class="card" aria-label="Edit">
        <Form visit={visit} action={place}>
          <ScopeFields scope={scope} {...again} />
          <button type="submit">Save</button>
        </Form>
      </section>
      {Object.hasOwn(SCOPES, name) ? (
        <p class="quiet">This scope is part of Tidings: it can be changed, not deleted.</p>
      ) : (
        <section class="card" aria-labelledby="delete">
          <h2 id="delete">Delete</h2>
          <p class="quiet">It is taken from all apps that have it.</p>
          <Form visit={visit} action={`${place}/delete`}>
            <button type="submit" class="danger">
              Delete the scope
            </button>
          </Form>
        </section>
      )}
    </AdminPage>
  )
}

function NoScope({ visit }: { visit: OwnVisit }): JSX.Element {
  return (
    <AdminPage visit={visit} title="No such scope" at="/admin/scopes">
      <p>
        <a href={visit.href('/admin/scopes')}>All scopes</a>
      </p>
    </AdminPage>
  )
}

/** Saves a scope. */
export async function saveScope(visit: OwnVisit, fields: Fields): Promise<Response> {
  try {
    const description = fields.text('description')
    const change = { name: nameOf(visit), description, ...flagsOf(fields) }
    await visit.call.admin.updateScope(change)
    return leadTo(visit.href('/admin/scopes?done=saved'))
  } catch (thrown) {
    const error = formProblem(thrown)
    return answerPage(await scopePage(visit, { fields, error }), { error })
  }
}

/** Deletes a scope. */
export async function deleteScope(visit: OwnVisit): Promise<Response> {
  await visit.call.admin.deleteScope({ name: nameOf(visit) })
  return leadTo(visit.href('/admin/scopes?done=deleted'))
}
