/**
 * Where the build puts the playground. From `src/doors`, from `dist/doors` and from the bundle in `dist/bundle` alike, so
 * that a server run from its sources serves the page that was built.
 */
export const BUILT_PAGE: URL = new URL('../../dist/playground/', import.meta.url)
