/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { AdminClient } from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { answerPage, leadTo } from '../base/answer.ts'
import { Form } from '../base/layout.tsx'
import { Face, StateTag } from '../base/tags.tsx'
import { clientIdOf, type Fields, type OwnVisit } from '../base/visit.ts'
import { cursorOf, Next, AdminPage } from './frame.tsx'

/** All apps, with who has registered them. */
export async function showAllClients(visit: OwnVisit): Promise<Response> {
  const { items, next } = await visit.call.admin.listClients({ cursor: cursorOf(visit) })
  return answerPage(
    <AdminPage visit={visit} title="Apps" at="/admin">
      {items.length === 0 ? (
        <p class="card quiet">Nobody has registered an app yet.</p>
      ) : (
        <section class="card" aria-label="Apps">
          <ul class="rows">
            {items.map((client) => (
              <ClientRow visit={visit} client={client} />
            ))}
          </ul>
        </section>
      )}
      <Next visit={visit} next={next} />
    </AdminPage>,
  )
}

function ClientRow({ visit, client }: { visit: OwnVisit; client: AdminClient }): JSX.Element {
  const { id, name, description, creator, suspended } = client
  return (
    <li>
      <Face name={name} />
      <div class="what">
        <p>
          <a href={visit.href(`/admin/apps/${id}`)}>{name}</a> <StateTag client={client} />
        </p>
        {description === null ? null : <p class="small">{description}</p>}
        <p class="quiet small">By {creator.username}</p>
      </div>
      <SuspendForm visit={visit} client={{ id, name, suspended }} />
    </li>
  )
}

interface SuspendFormProps {
  readonly visit: OwnVisit
  readonly client: Pick<AdminClient, 'id' | 'name' | 'suspended'>
}

/** Suspends an app, or lets it go on. */
export function SuspendForm({ visit, client }: SuspendFormProps): JSX.Element {
  const verb = client.suspended ? 'Resume' : 'Suspend'
  return (
    <Form visit={visit} action={`/admin/apps/${client.id}/suspended`}>
      <input type="hidden" name="suspended" value={client.suspended ? 'no' : 'yes'} />
      <button
        type="submit"
        class={client.suspended ? 'plain' : 'danger'}
        aria-label={`${verb} ${client.name}`}
      >
        {verb}
      </button>
    </Form>
  )
}

/** Suspends an app, or lets it go on. */
export async function suspendClient(visit: OwnVisit, fields: Fields): Promise<Response> {
  const suspended = fields.exact('suspended') === 'yes'
  await visit.call.admin.setClientSuspended({ clientId: clientIdOf(visit), suspended })
  const done = suspended ? 'suspended' : 'resumed'
  return leadTo(visit.href(`/admin/apps/${clientIdOf(visit)}?done=${done}`))
}

/** Deletes an app. */
export async function deleteClient(visit: OwnVisit): Promise<Response> {
  await visit.call.admin.deleteClient({ clientId: clientIdOf(visit) })
  return leadTo(visit.href('/admin?done=deleted'))
}
