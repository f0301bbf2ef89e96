import type { Problem } from '../errors.ts'
import { isFields, isObject, reveal } from '../planned.ts'
import type { LiveState } from '../prefect-ports.ts'
import { violations } from './conformance.ts'
import type { DesiredDeployment } from './desired-deployment.ts'
import { keepLive } from './kept-fields.ts'

/** Parameters set in the UI that the release keeps, and that the flow's new schema does not allow: the server would refuse both. */
export function keptProblems(desired: DesiredDeployment, { deployments }: LiveState): Problem[] {
  const live = deployments.find(({ name, flowName }) => name === desired.name && flowName === desired.flowName)
  if (live === undefined || !desired.keep.includes('parameters')) return []
  const { enforceParameterSchema, fields: { parameters, parameter_openapi_schema: planned } } = keepLive(desired, live)
  const schema = reveal(planned, {})
  if (!(enforceParameterSchema ?? live.fields.enforce_parameter_schema !== false) || !isFields(parameters)) return []
  return violations(parameters, isObject(schema) ? schema : {}).map(({ path, message }) => ({
    code: 'parameters-invalid',
    message: `deployment "${desired.name}": parameter "${path.join('.')}", kept as it is on the server, ${message}`,
    hint: 'Change it there, or take parameters out of the input keep.',
    location: desired.location,
  }))
}
