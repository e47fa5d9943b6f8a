import { DELETED_BODY } from '../../journal/event.ts'
import { typeToNumber } from '../../stores/event-type.ts'
import type { Check } from '../check.ts'

const MESSAGE = typeToNumber('message.created')
const DELETED = JSON.stringify(DELETED_BODY)

/** What is searched. It may be behind, but must not hold what is not there. */
export function searchChecks(): readonly Check[] {
  return [documents, progress]
}

const documents: Check = {
  name: 'search-documents',
  promise:
    'what can be found is a message that is there and was not deleted, each up to where its stream was looked at',
  rules: ['SEA4', 'SEA5'],
  broken: `
    select d.stream_key, d.seq
    from search_documents d left join events e on e.stream_key = d.stream_key and e.seq = d.seq
    left join search_progress p on p.stream_key = d.stream_key
    where e.type is null or e.type <> ${MESSAGE} or cast(e.body as text) = '${DELETED}'
      or p.seq is null or d.seq > p.seq
    union all
    select e.stream_key, e.seq
    from events e join search_progress p on p.stream_key = e.stream_key and e.seq <= p.seq
    left join search_documents d on d.stream_key = e.stream_key and d.seq = e.seq
    where e.type = ${MESSAGE} and cast(e.body as text) <> '${DELETED}' and d.key is null`,
}

const progress: Check = {
  name: 'search-progress',
  promise: 'no stream was looked at further than it goes',
  rules: ['SEA5'],
  broken: `
    select p.stream_key, p.seq, s.head
    from search_progress p left join streams s on s.key = p.stream_key
    where s.key is null or p.seq > s.head`,
}
