/** One thing that no request brings back when a release fails and what it wrote is put back. */
export type Loss = {
  /** What is lost, in words that follow "but not". */
  readonly words: string
  /** For people: when it happens, and what there is instead. */
  readonly instead: string
  /** `write` is lost with a write of a certain kind, whose undo names it; `any` with whatever write. */
  readonly with: 'write' | 'any'
}

/**
 * All that putting back cannot restore over the REST API of Prefect 3.8.8 (tried, see docs/facts.md); docs/restoring.md
 * says the same. The rest is as before: the check of atomicity compares all but this.
 */
export const NOT_RESTORED = {
  'run-ids': {
    words: 'the ids of runs that had not started',
    instead: 'every write of a deployment deletes the runs that its schedules have made for later; they are made again for the same instants. '
      + 'Deleting a schedule deletes the late runs of all schedules, too; they are made again with their names, parameters and due dates, '
      + 'but no longer count as made by a schedule.',
    with: 'any',
  },
  updated: {
    words: 'when it was changed last',
    instead: '`updated` of deployments, schedules, limits and automations is the time of the putting back.',
    with: 'any',
  },
  'deployment-versions': {
    words: 'the versions that Prefect Cloud keeps',
    instead: 'each write adds a version of the deployment there; the open-source server keeps none.',
    with: 'any',
  },
  'created-flows': {
    words: 'the flow that was created with it',
    instead: 'a flow without deployments does no harm, and may have got runs meanwhile; it stays.',
    with: 'any',
  },
  'created-queues': {
    words: 'the work queue that was created with it',
    instead: 'the server makes a queue that a deployment names; it stays, empty.',
    with: 'any',
  },
  'started-runs': {
    words: 'runs that have started meanwhile',
    instead: 'a run that a worker has started goes on; runs of a new deployment that have not started are deleted with it.',
    with: 'any',
  },
  'schedule-id': {
    words: 'its id, by which its runs are known',
    instead: 'a deleted schedule is created again as it was, and its late runs as well.',
    with: 'write',
  },
  'no-slug': {
    words: 'that it had no slug',
    instead: 'a schedule without slug that was taken over keeps its new slug: the server cannot take it away.',
    with: 'write',
  },
  'limit-slots': {
    words: 'the slots in use of its concurrency limit',
    instead: 'a deleted limit is created again with its number and options, under a new id and with all slots free.',
    with: 'write',
  },
  references: {
    words: 'references in its parameters, which are stored as their values',
    instead: 'a PATCH stores what a `__prefect_kind` reference to a variable or template stands for, not the reference.',
    with: 'write',
  },
  'automation-id': {
    words: 'the ids of its automations or of their triggers, nor what they had counted so far',
    instead: 'deleted automations are created again as they were; a changed one keeps its id, but every write gives its trigger another.',
    with: 'write',
  },
  slas: {
    words: 'the earlier service level agreements',
    instead: 'Prefect Cloud replaces them as a whole and cannot be asked which there were.',
    with: 'write',
  },
} as const satisfies Readonly<Record<string, Loss>>

/** A code of {@link NOT_RESTORED} that a write's undo can name. */
export type NotRestored = {
  [Code in keyof typeof NOT_RESTORED]: (typeof NOT_RESTORED)[Code]['with'] extends 'write' ? Code : never
}[keyof typeof NOT_RESTORED]
