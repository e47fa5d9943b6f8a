import { ERRORS, TidingsError } from '@tidings/protocol/wire'
import { Hono } from 'hono'
import { docsRoutes } from '../pages/docs.ts'
import { pageRoutes } from '../pages/routes.ts'
import { playgroundRoutes } from '../pages/playground.ts'
import { oauthRoutes } from '../oauth/routes.ts'
import { providerRoutes } from '../providers/routes.ts'
import { seed000Routes } from '../seed-000/routes.ts'
import { failureResponse, isSeed001Path } from '../seed-001/envelope.ts'
import { seed001Routes } from '../seed-001/routes.ts'
import { seed002Routes } from '../seed-002/routes.ts'
import { seed003Routes } from '../seed-003/routes.ts'
import { errorResponse, toLoggedError } from './answer.ts'
import { restContexts, type RestEnv } from './context.ts'
import { operationsRoutes, type Operations } from './operations.ts'
import { v1Routes } from './v1/routes.ts'

/** Everything over HTTP that is not tRPC. */
export function createRestApp(operations: Operations): Hono<RestEnv> {
  const { deps } = operations
  const contexts = restContexts(deps)
  const app = new Hono<RestEnv>()
    .route('/', operationsRoutes(operations))
    .route('/', oauthRoutes(deps))
    .route('/', seed000Routes(deps, contexts))
    .route('/', seed001Routes(deps))
    .route('/', seed002Routes(contexts))
    .route('/', seed003Routes(contexts))
    .route('/', providerRoutes(deps))
    .route('/', v1Routes(deps))
    .route('/', docsRoutes(deps.config))
    .route('/', pageRoutes(deps))
    .route('/', playgroundRoutes(deps))
  const methods = methodsByRoute(app)
  app.notFound((c) => {
    const allowed = methods.find(({ pattern }) => pattern.test(c.req.path))?.methods
    const refuse = isSeed001Path(c.req.path) ? failureResponse : errorResponse
    if (allowed === undefined)
      return refuse(new TidingsError('NOT_FOUND', ERRORS.NOT_FOUND.message))
    const response = refuse(new TidingsError('METHOD_NOT_SUPPORTED'))
    response.headers.set('allow', allowed.join(', '))
    return response
  })
  app.onError((thrown) => errorResponse(toLoggedError(deps.log, thrown)))
  return app
}

/** A path that is served, whatever the method. */
export interface ServedRoute {
  readonly template: string
  readonly pattern: RegExp
  readonly methods: readonly string[]
}

/** The templates of an app's routes, to tell a wrong method from a wrong path and to name a route in the log. */
export function methodsByRoute(app: Hono<RestEnv>): readonly ServedRoute[] {
  const templates = [...new Set(app.routes.map(({ path }) => path))]
  return templates.map((template) => ({
    template,
    pattern: patternOf(template),
    methods: app.routes.filter(({ path }) => path === template).map(({ method }) => method),
  }))
}

/** A `:name` is a part of the path, a `/*` at the end whatever follows; all else means itself. */
function patternOf(template: string): RegExp {
  const literal = template.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  const source = literal.replace(/:\w+/g, '[^/]+').replace(/\/\\\*$/, '/.*')
  return new RegExp(`^${source}$`)
}
