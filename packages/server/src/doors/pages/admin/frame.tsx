/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { TidingsError } from '@tidings/protocol/wire'
import type { PropsWithChildren } from 'hono/jsx'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { Done } from '../base/done.tsx'
import { Page } from '../base/layout.tsx'
import { Problems } from '../base/problem.tsx'
import type { OwnVisit } from '../base/visit.ts'

const SECTIONS = [
  ['/admin', 'Apps'],
  ['/admin/reviews', 'Reviews'],
  ['/admin/applications', 'Applications for scopes'],
  ['/admin/scopes', 'Scopes'],
  ['/admin/users', 'Users'],
  ['/admin/notifications', 'Notify users'],
  ['/admin/settings', 'Settings'],
  ['/admin/audit', 'Audit log'],
] as const

/** One of the administration's own pages. */
export type AdminPath = (typeof SECTIONS)[number][0]

interface AdminPageProps {
  readonly visit: OwnVisit
  readonly title: string
  readonly at: AdminPath
  readonly error?: TidingsError | undefined
}

/** A page of the administration. */
export function AdminPage(props: PropsWithChildren<AdminPageProps>): JSX.Element {
  const { visit, title, at, error, children } = props
  return (
    <Page visit={visit} title={title} place="admin">
      <nav class="sections" aria-label="Administration">
        <ul>
          {SECTIONS.map(([path, name]) => (
            <li>
              <a href={visit.href(path)} aria-current={path === at ? 'page' : undefined}>
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <Done visit={visit} />
      <Problems error={error} />
      {children}
    </Page>
  )
}

interface NextProps {
  readonly visit: OwnVisit
  readonly next: string | null
  /** Where the list is. @default where one is */
  readonly path?: string | undefined
}

/** Leads to the next page of a list. */
export function Next({
  visit,
  next,
  path = visit.request.req.path,
}: NextProps): JSX.Element | null {
  if (next === null) return null
  const query = new URLSearchParams(visit.request.req.query())
  query.delete('done')
  query.set('cursor', next)
  return (
    <p>
      <a class="button" href={`${visit.href(path)}?${query.toString()}`}>
        More
      </a>
    </p>
  )
}

/** Where in a list the page begins. */
export function cursorOf({ request }: OwnVisit): string | undefined {
  return request.req.query('cursor')
}
