import { isFields, isItems, PlannedText } from '../planned.ts'
import type { Planned, PlannedObject } from '../planned.ts'
import { ModelFields } from './model-fields.ts'

const TYPES = ['event', 'metric', 'compound', 'sequence'] as const
type TriggerType = (typeof TYPES)[number]

const LEAST_PROACTIVE_SECONDS = 10
/** What Prefect takes where `range` and `firing_for` are left out, and the least it takes. */
const METRIC_SECONDS = 300

/**
 * When a trigger fires, with all that the server adds to it (events/schemas/automations.py), so that what it answers is
 * the same. Sets are in order.
 */
export function readCriteria(fields: ModelFields): PlannedObject {
  switch (typeOf(fields)) {
    case 'event': return { type: 'event', ...resources(fields), ...event(fields) }
    case 'metric': return { type: 'metric', ...resources(fields), posture: fields.oneOf('posture', ['Metric'], 'Metric'), metric: metric(fields) }
    case 'compound': return compound(fields)
    case 'sequence': return { type: 'sequence', ...composite(fields) }
  }
}

/** All metric triggers, also those within others: only Prefect Cloud has them. */
export function hasMetric(criteria: Planned): boolean {
  if (isItems(criteria)) return criteria.some(hasMetric)
  return isFields(criteria) && (criteria.type === 'metric' || hasMetric(criteria.triggers ?? []))
}

/** As `prefect deploy` guesses where the file does not say it (events/schemas/deployment_triggers.py). */
function typeOf(fields: ModelFields): TriggerType {
  if (fields.has('type')) return fields.oneOf('type', TYPES, 'event')
  if (fields.value('posture') === 'Metric') return 'metric'
  if (fields.has('triggers')) return fields.has('require') ? 'compound' : 'sequence'
  return 'event'
}

function event(fields: ModelFields): PlannedObject {
  const sets = { after: fields.texts('after'), expect: fields.texts('expect'), for_each: fields.texts('for_each') }
  const posture = fields.oneOf('posture', ['Reactive', 'Proactive'], 'Reactive')
  const given = fields.seconds('within', 0)
  const within = posture === 'Proactive' && given === 0 ? LEAST_PROACTIVE_SECONDS : given
  if (posture === 'Proactive' && within < LEAST_PROACTIVE_SECONDS) {
    fields.report([...fields.path, 'within'], `within of a Proactive trigger must be at least ${LEAST_PROACTIVE_SECONDS} seconds`)
  }
  return { ...sets, posture, threshold: fields.integer('threshold', 1), within }
}

function resources(fields: ModelFields): PlannedObject {
  const match = fields.value('match') ?? {}
  const related = fields.value('match_related') ?? {}
  const refuse = (key: string) => {
    fields.report([...fields.path, key], `${key} must map labels to a text or a list of texts`)
  }
  if (!isLabels(match) || fields.value('match') === null) refuse('match')
  if (!(isItems(related) ? related : [related]).every(isLabels) || fields.value('match_related') === null) refuse('match_related')
  return { match, match_related: related }
}

function isLabels(value: Planned): boolean {
  const isText = (item: Planned) => typeof item === 'string' || item instanceof PlannedText
  return isFields(value) && Object.values(value).every((item) => isText(item) || (isItems(item) && item.every(isText)))
}

function metric(fields: ModelFields): PlannedObject {
  const values = fields.mapping('metric') ?? {}
  const query = new ModelFields(values, [...fields.path, 'metric'], fields.report)
  for (const key of ['name', 'threshold', 'operator']) {
    if (!query.has(key)) query.report(query.path, `metric needs ${key}`)
  }
  return {
    name: query.oneOf('name', ['lateness', 'duration', 'successes'], 'lateness'),
    threshold: query.number('threshold', 0),
    operator: query.oneOf('operator', ['<', '<=', '>', '>='], '>'),
    range: metricSeconds(query, 'range'),
    firing_for: metricSeconds(query, 'firing_for'),
  }
}

function metricSeconds(query: ModelFields, key: string): number {
  const seconds = query.seconds(key, METRIC_SECONDS)
  if (seconds < METRIC_SECONDS) query.report([...query.path, key], `${key} must be at least ${METRIC_SECONDS} seconds`)
  return seconds
}

function compound(fields: ModelFields): PlannedObject {
  const parts = composite(fields)
  const given = fields.value('require')
  const require = given === 'any' || given === 'all' ? given : fields.integer('require', 0)
  const most = isItems(parts.triggers) ? parts.triggers.length : 0
  if (typeof require === 'number' && (require < 1 || require > most)) {
    fields.report([...fields.path, 'require'], 'require must be any, all or a number up to how many triggers there are')
  }
  return { type: 'compound', ...parts, require }
}

/** Those inside say when they fire and nothing else: what else is there, Prefect ignores. */
function composite(fields: ModelFields): PlannedObject {
  const { path, report } = fields
  const given = fields.value('triggers')
  const items = isItems(given) ? given : []
  if (!isItems(given)) report([...path, 'triggers'], 'triggers must be a list')
  const triggers = items.map((item, index) => {
    const at = [...path, 'triggers', index]
    if (!isFields(item)) report(at, 'a trigger must be a mapping')
    return readCriteria(new ModelFields(isFields(item) ? item : {}, at, report))
  })
  return { triggers, within: fields.value('within') == null ? null : fields.seconds('within', 0) }
}
