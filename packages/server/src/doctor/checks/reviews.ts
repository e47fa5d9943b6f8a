import type { Check } from '../check.ts'

/** What clients have asked administrators for. */
export function reviewChecks(): readonly Check[] {
  return [queue, answers]
}

const queue: Check = {
  name: 'review-queue',
  promise: 'a client that waits to be verified has asked for it once, and no other has',
  rules: ['APP5', 'APP7'],
  broken: `
    select c.key as client_key, c.state, count(r.key) as pending
    from oauth_clients c
    left join oauth_reviews r
      on r.client_key = c.key and r.kind = 'verification' and r.state = 'pending'
    group by c.key, c.state, c.deleted_at
    having count(r.key) <> case when c.state = 'submitted' and c.deleted_at is null then 1 else 0 end`,
}

const answers: Check = {
  name: 'review-answers',
  promise: 'what was decided was decided by somebody, never by who asks, and refused with a reason',
  rules: ['ADM3'],
  broken: `
    select r.key as review_key, r.client_key, r.state
    from oauth_reviews r
    left join oauth_clients c on c.key = r.client_key
    where c.key is null
      or (r.state = 'pending' and (r.reviewer_key is not null or r.reviewed_at is not null))
      or (r.state in ('approved', 'rejected') and (r.reviewer_key is null or r.reviewed_at is null))
      or (r.state = 'rejected' and r.answer is null)
      or r.reviewer_key = c.creator_key`,
}
