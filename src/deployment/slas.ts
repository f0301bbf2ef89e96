import type { PlannedObject } from '../planned.ts'
import { isFields } from '../planned.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { ModelFields } from './model-fields.ts'
import type { Rendering } from './rendering.ts'

/** What an SLA measures; each kind has one of them (_experimental/sla/objects.py). */
const MEASURES = ['duration', 'within', 'stale_after'] as const

/**
 * Service level agreements as cli/deploy/_sla.py makes them: of what the file leaves out, Prefect Cloud has the default.
 * Undefined without the key, which leaves those of the workspace alone.
 * @param isCloud undefined when that is not known.
 */
export function readSlas(config: DeploymentConfig, rendering: Rendering, isCloud: boolean | undefined): PlannedObject[] | undefined {
  const { name, slas, locationOf } = config
  if (slas === undefined || (isCloud === false && slas.length === 0)) return undefined
  const refuse = (path: readonly (string | number)[], message: string, hint: string) => {
    rendering.problems.push({ code: 'prefect-file-invalid', message: `deployment "${name}": ${message}`, hint, location: locationOf(...path) })
  }
  if (isCloud === false) {
    refuse(['sla'], 'only Prefect Cloud has service level agreements', 'Remove sla, or deploy to a Cloud workspace.')
    return undefined
  }
  return slas.map((spec, index) => {
    const path = ['sla', index]
    const values = rendering.render(spec, 'here', path)
    return readSla(new ModelFields(isFields(values) ? values : {}, path, (at, message) => {
      refuse(at, `sla ${index + 1}: ${message}`, 'It has a name and one of duration, within and stale_after.')
    }))
  })
}

function readSla(fields: ModelFields): PlannedObject {
  const [measure, ...others] = MEASURES.filter((key) => fields.has(key))
  if (!fields.has('name')) fields.report(fields.path, 'it has no name')
  if (measure === undefined || others.length > 0) fields.report(fields.path, `it must have exactly one of ${MEASURES.join(', ')}`)
  return {
    name: fields.text('name', ''),
    ...(fields.has('severity') && { severity: fields.oneOf('severity', ['minor', 'low', 'moderate', 'high', 'critical'], 'moderate') }),
    ...(fields.has('enabled') && { enabled: fields.value('enabled') === null ? null : fields.flag('enabled', true) }),
    ...(measure !== undefined && { [measure]: measure === 'duration' ? fields.integer(measure, 0) : fields.seconds(measure, 0) }),
  }
}
