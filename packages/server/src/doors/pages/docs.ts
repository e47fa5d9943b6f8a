import { createHash } from 'node:crypto'
import { Hono } from 'hono'
import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import type { Config } from '../../config.ts'
import type { RestEnv } from '../rest/context.ts'
import {
  openApiDocument,
  restContract,
  tagOf,
  type DocumentOperation,
  type RestContract,
} from '../rest/v1/document.ts'
import { V1 } from '../rest/v1/routes.ts'
import { DOCS_STYLE } from './docs-style.ts'
import { shapeOf } from './shape.ts'

/**
 * `/openapi.json`: the contract of REST for programs. `/docs`: the same for people, without scripts.
 *
 * @param config asked anew when somebody asks: the port that a server has chosen is known once it listens
 */
export function docsRoutes(config: Pick<Config, 'publicUrl'>): Hono<RestEnv> {
  let document: string | undefined
  let page: Promise<string> | undefined
  return new Hono<RestEnv>()
    .get('/openapi.json', () => {
      document ??= JSON.stringify(openApiDocument({ url: `${config.publicUrl}${V1}` }))
      return new Response(document, { headers: { 'content-type': 'application/json' } })
    })
    .get('/docs', async () => {
      page ??= Promise.resolve(docsPage(config.publicUrl)).then(String)
      return new Response(await page, { headers: HEADERS })
    })
}

const digest = createHash('sha256').update(DOCS_STYLE).digest('base64')

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
}

type Html = HtmlEscapedString | Promise<HtmlEscapedString>

function docsPage(publicUrl: string): Html {
  const { operations, schemas } = restContract()
  const tags = [...new Set(operations.map(tagOf))]
  const ofTag = (tag: string) => operations.filter((operation) => tagOf(operation) === tag)
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Tidings: REST</title>
        ${STYLE}
      </head>
      <body>
        ${introduction(publicUrl, tags)}
        <main>${tags.map((tag) => section(tag, ofTag(tag)))} ${schemasSection(schemas)}</main>
      </body>
    </html>`
}

/** To the letter what its digest in the policy was made of. */
const STYLE = raw(`<style>${DOCS_STYLE}</style>`)

function introduction(publicUrl: string, tags: readonly string[]): Html {
  return html`<header>
    <h1>Tidings: REST</h1>
    <p>
      Everything below is served at <code>${publicUrl}${V1}</code>, as JSON. The same for programs:
      <a href="${publicUrl}/openapi.json">openapi.json</a> (OpenAPI 3.1). Sign in with
      <code>POST /login</code> and send <code>Authorization: Bearer &lt;accessToken&gt;</code> with
      every call that is not marked as open.
    </p>
    <pre>${loginExample(publicUrl)}</pre>
    <nav aria-label="Subjects">
      ${[...tags, 'schemas'].map((tag) => html`<a href="#${tag}">${tag}</a> `)}
    </nav>
  </header>`
}

function schemasSection(schemas: RestContract['schemas']): Html {
  const named = Object.entries(schemas).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return html`<section id="schemas">
    <h2>schemas</h2>
    ${named.map(
      ([name, schema]) =>
        html`<details id="${name}">
          <summary><code>${name}</code></summary>
          <pre>${shapeOf(schema)}</pre>
        </details>`,
    )}
  </section>`
}

function loginExample(publicUrl: string): string {
  return `curl -X POST ${publicUrl}${V1}/login \\\n  -H 'content-type: application/json' \\\n  -d '{"login":"ann","password":"correct horse"}'`
}

function section(tag: string, operations: readonly DocumentOperation[]): Html {
  return html`<section id="${tag}">
    <h2>${tag}</h2>
    ${operations.map(operationHtml)}
  </section>`
}

function operationHtml(operation: DocumentOperation): Html {
  const { operationId, method, path, summary, isPublic, parameters, body, answer } = operation
  return html`<details id="${operationId}">
    <summary>
      <span class="method">${method}</span> <code>${path}</code>${
        isPublic ? html` <span class="open">open</span>` : ''
      }
      <span class="what">${summary}</span>
    </summary>
    ${parameters.length === 0 ? '' : labelled('Address', parametersText(parameters))}
    ${body === undefined ? '' : labelled('Body', shapeOf(body))}
    ${labelled('Answer', answer === undefined ? '204, nothing' : shapeOf(answer))}
  </details>`
}

function labelled(label: string, text: string): Html {
  return html`<h3>${label}</h3>
    <pre>${text}</pre>`
}

function parametersText(parameters: DocumentOperation['parameters']): string {
  return parameters
    .map(
      ({ name, in: place, required, schema }) =>
        `${name}${required ? '' : '?'}: ${shapeOf(schema)}${place === 'path' ? '  (in the path)' : ''}`,
    )
    .join('\n')
}
