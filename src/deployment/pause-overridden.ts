import type { Location, Warning } from '../errors.ts'
import type { DeploymentPlan } from './plan.ts'
import { findScheduleOf } from './raw-schedules.ts'
import type { Versions } from './outside.ts'

/** What somebody paused on the server and the file says is active: the release starts it. Not when the file itself starts it now. */
export function pauseWarnings({ changes, deploymentName, warnings }: DeploymentPlan, { config, base }: Versions): Warning[] {
  if (warnings.some(({ code }) => code === 'deployment-incomplete')) return [] // this action itself has paused it
  const warn = (what: string, key: string, location: Location): Warning => ({
    code: 'pause-overridden',
    message: `${what} is paused on the server, and the file says ${key}: this release starts it`,
    hint: `Leave ${key.split(':')[0] ?? ''} out to keep what is set on the server, or write the pause into the file.`,
    location,
  })
  return changes.flatMap(({ path, before, after }) => {
    if (path === 'paused' && before === true && after === false && base?.paused !== true) {
      return [warn(`deployment "${deploymentName}"`, 'paused: false', config.locationOf('paused'))]
    }
    if (!path.startsWith('schedules.') || !path.endsWith('.active') || before !== false || after !== true) return []
    const label = path.slice('schedules.'.length)
    const { index, rest } = findScheduleOf(config, label)
    if (rest !== 'active' || (base !== undefined && findScheduleOf(base, label).schedule?.active === false)) return []
    const name = `schedule "${label.slice(0, -'.active'.length)}" of deployment "${deploymentName}"`
    return [warn(name, 'active: true', config.locationOf(...config.schedulePath(index), 'active'))]
  })
}
