import { ERRORS, TidingsError } from '@tidings/protocol/wire'
import { Hono } from 'hono'
import { toTidingsError } from '../../rpc/errors.ts'
import { playgroundRoutes } from '../pages/playground.ts'
import { errorResponse } from './answer.ts'
import { restContexts, type RestEnv } from './context.ts'
import { operationsRoutes, type Operations } from './operations.ts'
import { seed002Routes } from './seed-002.ts'

/** Everything over HTTP that is not tRPC. */
export function createRestApp(operations: Operations): Hono<RestEnv> {
  const { deps } = operations
  const app = new Hono<RestEnv>()
    .route('/', operationsRoutes(operations))
    .route('/', seed002Routes(restContexts(deps)))
    .route('/', playgroundRoutes(deps))
  const methods = methodsByRoute(app)
  app.notFound((c) => {
    const allowed = methods.find(({ pattern }) => pattern.test(c.req.path))?.methods
    if (allowed === undefined)
      return errorResponse(new TidingsError('NOT_FOUND', ERRORS.NOT_FOUND.message))
    const response = errorResponse(new TidingsError('METHOD_NOT_SUPPORTED'))
    response.headers.set('allow', allowed.join(', '))
    return response
  })
  app.onError((thrown) => {
    const error = toTidingsError(thrown)
    if (error.code === 'INTERNAL') deps.log.error({ err: error.cause }, 'a request failed')
    return errorResponse(error)
  })
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
    pattern: new RegExp(`^${template.replace(/:\w+/g, '[^/]+')}$`),
    methods: app.routes.filter(({ path }) => path === template).map(({ method }) => method),
  }))
}
